# SPDX-License-Identifier: Apache-2.0
"""How a telephone number is dialled within its country: the prefix before it, if there is one, and
how many digits follow. Data and one question; lengths are generous, Klarna's own example for Sweden
is a digit longer than any number there.
"""
import re

# country: (trunk prefix, fewest digits after it, most digits)
PHONES = {
    "AT": ("0", 4, 13), "BE": ("0", 8, 9), "CH": ("0", 9, 9), "CZ": ("", 9, 9),
    "DE": ("0", 6, 12), "DK": ("", 8, 8), "ES": ("", 9, 9), "FI": ("0", 5, 11),
    "FR": ("0", 9, 9), "GB": ("0", 9, 10), "GR": ("", 10, 10), "HU": ("06", 8, 9),
    "IE": ("0", 7, 10), "IT": ("", 6, 11), "NL": ("0", 9, 9), "NO": ("", 8, 8),
    "PL": ("", 9, 9), "PT": ("", 9, 9), "RO": ("0", 9, 9), "SE": ("0", 7, 10),
    "SK": ("0", 9, 9), "CA": ("", 10, 10), "MX": ("", 10, 10), "US": ("", 10, 10),
    "AU": ("0", 9, 9), "NZ": ("0", 8, 10),
}


def is_number_of(country, phone):
    """As it is dialled in the country: no calling code, nothing between the digits."""
    prefix, fewest, most = PHONES[country]
    return bool(re.fullmatch(rf"{prefix}[1-9][0-9]{{{fewest - 1},{most - 1}}}", phone))
