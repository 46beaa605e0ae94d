{
    "name": "Cases without Register and Seals",
    "summary": "For the benchmark only: loaded by a server of its own, never installed",
    "version": "19.0.1.0.0",
    "author": "crisis_intervention developers",
    "license": "LGPL-3",
    "depends": ["crisis_intervention"],
    "installable": False,
}
