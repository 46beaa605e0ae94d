"""What is entered into the register: who read what, what was signed, what was found to be wrong.

Functions of a module: code that an administrator enters in Odoo (server actions, computed fields) may
call methods of models, and none of these.
"""


def note_signatures(env, signatures):
    """Enter into the chain what was signed, as soon as this transaction is committed.

    :param signatures: list of (name of the model, id, nonce of the signature); an empty nonce says
        that the record is rightly no longer signed
    """


def known_signatures(env, model):
    """Return dict of record id to the nonce that the chain knows last, "" where it was given up.

    :param str model: name of the model
    """
    return {}


def raise_alarm(env, problem, model="", res_id=0, field=""):
    """Enter that something was changed outside of the system, and tell every principal, once.

    It is entered even when this transaction is rolled back, and stops nobody.

    :param str problem: code of what was found
    :param str model: name of the model it was found in
    :param int res_id: id of the record
    :param str field: name of the field
    """
