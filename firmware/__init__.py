"""The application on the device."""
