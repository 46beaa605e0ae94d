def load(data):
    return None, []


def dump(tree):
    return b""
