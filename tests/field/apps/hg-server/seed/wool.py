from loom import weave

print(weave("ab", "cd"))
