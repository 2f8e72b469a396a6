import markdown


def run(text):
    return markdown.markdown(text, extensions=["tables", "fenced_code", "toc"])
