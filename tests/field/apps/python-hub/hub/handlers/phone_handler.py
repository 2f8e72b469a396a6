import phonenumbers
from phonenumbers import geocoder


def run(text):
    return geocoder.description_for_number(phonenumbers.parse(text), "en")
