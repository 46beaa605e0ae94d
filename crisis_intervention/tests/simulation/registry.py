"""What people do, and what they must not do: filled by the decorators."""

# name of a step to (function of the year, weight)
ACTIONS = {}
REFUSALS = {}


def action(weight=1):
    """Register something that people do; it returns whether it found anything to do."""

    def register(function):
        ACTIONS[function.__name__] = (function, weight)
        return function

    return register


def refusal(function):
    """Register something that is refused; it returns the attempt, or None without an occasion."""
    REFUSALS[function.__name__] = function
    return function
