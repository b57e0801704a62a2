"""Capacity tariffs of grid companies, to choose from and to change. Prices with VAT, as of the date in `from`; see `source`."""

# Norwegian step model: the mean of the highest hours of three days (forskrift om kontroll av nettvirksomhet, section 14-2).
_STEPS_W = (0, 2000, 5000, 10000, 15000, 20000, 25000, 50000, 75000, 100000)


def _norwegian(name, source, since, prices):
    return {"name": name, "source": source, "from": since, "currency": "NOK", "holidays": "NO", "interval": 60, "peaks": 3,
            "distinct": True, "combine": "mean", "steps": [[w, 100000 * p] for w, p in zip(_STEPS_W, prices)]}


def _swedish(name, source, since, per_kw, windows, distinct):
    return {"name": name, "source": source, "from": since, "currency": "SEK", "holidays": "SE", "interval": 60, "peaks": 3,
            "distinct": distinct, "combine": "mean", "windows": windows, "per_kw": per_kw}


def names():
    return ("elvia", "bkk", "ellevio", "goteborg", "sollentuna")


def preset(name):
    """The tariff's data, a mapping of one's own. Raises KeyError."""
    if name == "elvia":
        return _norwegian("Elvia", "elvia.no/nettleie/alt-om-nettleiepriser/nettleie-pris", "2026-07-01",
                          (150, 250, 420, 585, 755, 925, 1760, 2600, 3440, 6800))
    if name == "bkk":
        return _norwegian("BKK", "bkk.no/nettleiepriser/priser-privatkunder", "2025-09-01",
                          (155, 250, 415, 600, 770, 940, 1800, 2650, 3500, 6900))
    if name == "ellevio":
        # A night hour counts half.
        return _swedish("Ellevio", "ellevio.se/abonnemang/elnatspriser-privat", "2025-01-01", 8125000,
                        [{"hours": [[22, 6]], "value": 500}, {"value": 1000}], True)
    if name == "goteborg":
        return _swedish("Göteborg Energi", "goteborgenergi.se/privat/elnat/elnatsavgiften", "2025-01-01", 4500000,
                        [{"value": 1000}], True)
    if name == "sollentuna":
        # Workdays 7 to 19; the three highest hours, of whatever days; dearer in winter.
        return _swedish("Sollentuna Energi", "seom.se/el/elnat/2022-ars-priser-och-villkor", "2022-01-01",
                        [12292000] * 3 + [6146000] * 7 + [12292000] * 2,
                        [{"days": "workdays", "hours": [[7, 19]], "value": 1000}], False)
    raise KeyError(name)
