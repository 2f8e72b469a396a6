import yaml


def run(text):
    return yaml.safe_dump(yaml.safe_load(text))
