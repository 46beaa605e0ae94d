"""Runs in Odoo's shell on an updated database: does what is stored keep the rules of now.

Prints one line per fault, ``problem: …``, and ``checked: `` with the number of rules at the end.
"""

from odoo.exceptions import ValidationError
from odoo.tools import SQL

# Of one rule so many records are told.
TOLD = 3


def ours(env):
    """Return the models of our addons whose rows stay."""
    return [
        env[name].with_context(active_test=False)
        for name, model in env.registry.items()
        if model._auto
        and not model._abstract
        and not model._transient
        and model._original_module.startswith("crisis")
    ]


def broken_constraints(records):
    """Return (number of rules, faults): rules in Python that records do not keep."""
    faults = []
    for check in records._constraint_methods:
        for record in records:
            try:
                check(record)
            except ValidationError as error:
                faults.append(f"{record} breaks {check.__name__}: {error}")
    return len(records._constraint_methods), faults


def wrong_values(records):
    """Return (number of rules, faults): stored values that are not what would be computed now."""
    env, faults = records.env, []
    found = [
        field
        for field in records._fields.values()
        if field.store and field.compute and field.readonly and field.column_type
    ]
    for field in found:
        before = stored(records, field)
        env.add_to_compute(field, records)
        records._recompute_recordset([field.name])
        records.flush_recordset([field.name])
        now = stored(records, field)
        faults += [
            f"{records.browse(id_)} holds {value!r} in {field.name}, now {now[id_]!r}"
            for id_, value in before.items()
            if now[id_] != value
        ]
    return len(found), faults


def stored(records, field):
    """Return id to what stands in the column of a field."""
    column = SQL.identifier(field.name)
    return dict(
        records.env.execute_query(
            SQL("SELECT id, %s FROM %s", column, SQL.identifier(records._table))
        )
    )


def missing_values(records):
    """Return (number of rules, faults): what is required, and is empty."""
    found = [
        field
        for field in records._fields.values()
        if field.store and field.required and field.column_type
    ]
    faults = [
        f"{records.browse(id_)} has no {field.name}"
        for field in found
        for id_, value in stored(records, field).items()
        if value is None
    ]
    return len(found), faults


def endless(env):
    """Return (number of rules, faults): closed files whose time never ends."""
    cases = env["crisis.case"].with_context(active_test=False)
    closed = cases.search([("date_closed", "!=", False), ("date_destroyed", "=", False)])
    return 1, [f"{case} is closed and has no end of retention"
               for case in closed if not case.date_retention]  # fmt: skip


def main(env):
    """Print what is wrong."""
    total = 0
    for model in ours(env):
        records = model.search([])
        for rule in (broken_constraints, missing_values, wrong_values):
            count, faults = rule(records)
            total += count
            for fault in faults[:TOLD]:
                print(f"problem: {fault}")
            if len(faults) > TOLD:
                print(f"problem: and {len(faults) - TOLD} more of {rule.__name__} in {model._name}")
    count, faults = endless(env)
    for fault in faults:
        print(f"problem: {fault}")
    print(f"checked: {total + count}")
    env.cr.rollback()


main(env)  # noqa: F821 - given by Odoo's shell
