# SPDX-License-Identifier: Apache-2.0
"""Purchase countries with their one currency and the languages a locale may name. Data only."""

COUNTRIES = {
    "AT": ("EUR", "de en"), "BE": ("EUR", "nl fr en"), "CH": ("CHF", "de fr it en"),
    "CZ": ("CZK", "cs en"), "DE": ("EUR", "de en"), "DK": ("DKK", "da en"),
    "ES": ("EUR", "es en"), "FI": ("EUR", "fi sv en"), "FR": ("EUR", "fr en"),
    "GB": ("GBP", "en"), "GR": ("EUR", "el en"), "HU": ("HUF", "hu en"),
    "IE": ("EUR", "en"), "IT": ("EUR", "it en"), "NL": ("EUR", "nl en"),
    "NO": ("NOK", "nb en"), "PL": ("PLN", "pl en"), "PT": ("EUR", "pt en"),
    "RO": ("RON", "ro en"), "SE": ("SEK", "sv en"), "SK": ("EUR", "sk en"),
    "CA": ("CAD", "en fr"), "MX": ("MXN", "es en"), "US": ("USD", "en es"),
    "AU": ("AUD", "en"), "NZ": ("NZD", "en"),
}

REGION_IS_MANDATORY = ("US", "AU")
