import json


def run(text):
    return json.dumps(json.loads(text), sort_keys=True)
