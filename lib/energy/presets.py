"""Capacity tariffs of grid companies, to choose from and to change. Prices with VAT, as of the date in `from`; see `source`.

Companies change their prices every year, and some Swedish ones their model: what stands here is what stood there on that day.
"""

# The Norwegian step model: the mean of the highest hours of three days (forskrift om kontroll av nettvirksomhet, section 14-2).
# Name, company, where its prices stand, since when; then from how many kW on how many kroner a month.
_NORWAY = (
    "elvia;Elvia;elvia.no/nettleie/alt-om-nettleiepriser/nettleie-pris;2026-07-01;"
    "0 150 2 250 5 420 10 585 15 755 20 925 25 1760 50 2600 75 3440 100 6800",
    "bkk;BKK;bkk.no/nettleiepriser/priser-privatkunder;2025-09-01;"
    "0 155 2 250 5 415 10 600 15 770 20 940 25 1800 50 2650 75 3500 100 6900",
    "glitre;Glitre Nett;glitrenett.no/kunde/nettleie-og-priser/nettleiepriser-privatkunde;2025-09-01;"
    "0 160 2 205 5 350 10 725 15 940 20 1180 25 1825 50 2890 75 3850 100 6250",
    "lnett;Lnett;l-nett.no/nettleie/priser-og-vilkar-privat;2025-06-01;"
    "0 170 2 290 5 465 10 715 15 965 20 1215 25 2215 50 3215 75 4215 100 7000",
    "tensio;Tensio TS;tensio.no/no/kunde/nettleie/nettleiepriser-for-privat;2024-09-01;"
    "0 134 2 239 5 408 10 601 15 794 20 989 25 1699 50 2667 75 3635 100 5250",
    "lede;Lede;lede.no/priser/nettleie-privatkunder;2024-08-01;"
    "0 293.75 5 502.5 10 707.5 15 916.25 20 1123.75 25 1746.25 50 2783.75 75 3820 100 5376.25",
    "fagne;Fagne;fagne.no/kunde-og-nettleie/nettleie-priser-og-vilkar/priser-privatkunder;2024-04-01;"
    "0 360 5 460 10 560 15 660 20 760 25 2200 50 3200 75 4200 100 5200",
)


def names():
    return tuple([row[:row.index(";")] for row in _NORWAY]) + ("ellevio", "goteborg", "nacka", "sollentuna")


def _money(text):
    """1/1000 öre of kroner with up to two decimals."""
    whole, _, part = text.partition(".")
    return int(whole) * 100000 + int((part + "00")[:2]) * 1000


def _norwegian(row):
    _, company, source, since, steps = row.split(";")
    steps = steps.split(" ")
    return {"name": company, "source": source, "from": since, "currency": "NOK", "holidays": "NO", "interval": 60, "peaks": 3,
            "distinct": True, "combine": "mean",
            "steps": [[1000 * int(steps[n]), _money(steps[n + 1])] for n in range(0, len(steps), 2)]}


def _swedish(company, source, since, per_kw, windows, distinct):
    return {"name": company, "source": source, "from": since, "currency": "SEK", "holidays": "SE", "interval": 60, "peaks": 3,
            "distinct": distinct, "combine": "mean", "windows": windows, "per_kw": per_kw}


def preset(name):
    """The tariff's data, a mapping of one's own. Raises KeyError."""
    for row in _NORWAY:
        if row.startswith(name + ";"):
            return _norwegian(row)
    if name == "ellevio":
        # A night hour counts half.
        return _swedish("Ellevio", "ellevio.se/abonnemang/elnatspriser-privat", "2025-01-01", 8125000,
                        [{"hours": [[22, 6]], "value": 500}, {"value": 1000}], True)
    if name == "goteborg":
        return _swedish("Göteborg Energi", "goteborgenergi.se/privat/elnat/elnatsavgiften", "2025-01-01", 4500000,
                        [{"value": 1000}], True)
    if name == "nacka":
        # The three highest hours, of whatever days.
        return _swedish("Nacka Energi", "nackaenergi.se/privat/elnatspriser-1-juli--2025/priser-privat-1-juli-2025", "2025-07-01", 5185000,
                        [{"value": 1000}], False)
    if name == "sollentuna":
        # Workdays 7 to 19; the three highest hours, of whatever days; dearer in winter.
        return _swedish("Sollentuna Energi", "seom.se/el/elnat/2022-ars-priser-och-villkor", "2022-01-01",
                        [12292000] * 3 + [6146000] * 7 + [12292000] * 2,
                        [{"days": "workdays", "hours": [[7, 19]], "value": 1000}], False)
    raise KeyError(name)
