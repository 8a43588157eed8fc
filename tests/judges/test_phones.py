# SPDX-License-Identifier: Apache-2.0
"""Phone numbers, by the judgement of phonenumbers (Google's libphonenumber): what it calls a valid
mobile number is taken and means the same, in every spelling; a length that it calls impossible for a
mobile number, or a calling code of a country where Klarna does not sell, is refused."""
import random

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult

from judged import ask

COUNTRIES = "AT BE CH CZ DE DK ES FI FR GB GR HU IE IT NL NO PL PT RO SE SK CA MX US AU NZ".split()
MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
REGIONS = [{"CA", "MX", "US"}, {"AU", "NZ"}]
OLD = {"MX": 11}  # +52 1, until 2019: the judge's edition still knows it, we take the 1 away


def mobile_numbers(country, how_many=40):
    """Valid ones, of every length that there is: the example and its like with other digits."""
    example = str(phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
                  .national_number)
    lengths = phonenumbers.PhoneMetadata.metadata_for_region(country).mobile.possible_length
    dice = random.Random(country)
    found = {example}
    for length in lengths:
        for _ in range(2000):
            keep = dice.randint(1, 4)
            digits = example[:keep] + "".join(dice.choices("0123456789", k=length - keep))
            number = parsed(country, digits)
            if (phonenumbers.is_valid_number_for_region(number, country)
                    and phonenumbers.number_type(number) in MOBILE and length != OLD.get(country)):
                found.add(digits)
            if len(found) >= how_many:
                break
    return sorted(found)


def parsed(country, digits):
    return phonenumbers.PhoneNumber(
        country_code=phonenumbers.country_code_for_region(country), national_number=int(digits))


def digits_of(text):
    return "".join(c for c in text if c.isdigit())


def spellings(number):
    """(as cashiers type it, with calling code?)"""
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    code, rest = international.split(" ", 1)
    yield from ((national, False), (digits_of(national), False), (international, True),
                (international.replace(" ", ""), True), ("00" + international[1:], True),
                (international.replace(" ", "-"), True), (str(number.national_number), False))
    trunk = phonenumbers.PhoneMetadata.metadata_for_region(
        phonenumbers.region_code_for_number(number)).national_prefix
    if trunk and digits_of(national).startswith(trunk):
        yield f"{code} ({trunk}){rest}", True


def others_of_region(country):
    region = next((r for r in REGIONS if country in r), set(COUNTRIES) - set().union(*REGIONS))
    return sorted(region - {country})


@pytest.mark.parametrize("country", COUNTRIES)
def test_mobile_numbers_are_taken_in_every_spelling(country):
    commands, expected = [], []
    for digits in mobile_numbers(country):
        number = parsed(country, digits)
        right = ["ok", country, phonenumbers.format_number(number, PhoneNumberFormat.E164),
                 digits_of(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))]
        for typed, _ in spellings(number):
            commands.append(("phone", country, typed))
            expected.append(right)
    assert len(commands) >= 8
    assert list(zip(commands, ask(commands))) == list(zip(commands, expected))


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_number_from_abroad_is_its_own_country_s(country):
    commands, expected = [], []
    for own in others_of_region(country):
        if {own, country} == {"US", "CA"}:
            continue  # one calling code: taken for the payment's country
        number = parsed(country, mobile_numbers(country, 1)[0])
        for typed, international in spellings(number):
            if international:
                commands.append(("phone", own, typed))
                expected.append(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    found = ask(commands)
    assert [words[2] for words in found] == expected
    assert {words[1] for words in found} <= {country, "US" if country == "CA" else country}


@pytest.mark.parametrize("country", COUNTRIES)
def test_wrong_lengths_are_refused_and_only_they(country):
    example = str(phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
                  .national_number)
    commands, possible = [], []
    for length in range(1, 18):
        digits = (example + "4" * 20)[:length]
        if length == OLD.get(country):
            continue
        code = phonenumbers.country_code_for_region(country)
        commands.append(("phone", country, f"+{code}{digits}"))
        verdict = phonenumbers.is_possible_number_for_type_with_reason(
            parsed(country, digits), PhoneNumberType.MOBILE)
        possible.append(verdict == ValidationResult.IS_POSSIBLE)
    assert any(possible) and not all(possible)
    assert [words[0] == "ok" for words in ask(commands)] == possible


def test_calling_codes_of_others_are_refused():
    ours = {phonenumbers.country_code_for_region(country) for country in COUNTRIES}
    commands = []
    for code in sorted(set(phonenumbers.supported_calling_codes()) - ours):
        region = phonenumbers.region_code_for_country_code(code)
        example = (phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
                   or phonenumbers.example_number_for_non_geo_entity(code))
        if example:
            text = phonenumbers.format_number(example, PhoneNumberFormat.E164)
            commands += [("phone", "SE", text), ("phone", "US", text)]
    assert len(commands) > 300
    assert {tuple(words) for words in ask(commands)} == {("refused", "phone_country")}


def test_codes_that_nobody_has_are_refused():
    known = {str(code) for code in phonenumbers.supported_calling_codes()}
    unknown = [str(n) for n in range(1, 1000)
               if not any(str(n)[:length] in known for length in (1, 2, 3))
               and not any(code.startswith(str(n)) for code in known)]
    assert len(unknown) > 50
    found = ask([("phone", "SE", f"+{code}701740615") for code in unknown])
    assert {tuple(words) for words in found} == {("refused", "phone_country")}
