import json

import xmltodict


def run(text):
    return json.dumps(xmltodict.parse(text))
