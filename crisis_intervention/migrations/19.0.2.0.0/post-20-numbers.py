from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Let the gapless sequences become PostgreSQL sequences that go on with their next number."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    numbering = env["crisis.numbering"]
    sequences = env["ir.sequence"].search(
        [("code", "in", list(numbering._prefixes())), ("company_id", "!=", False)]
    )
    gapless = sequences.filtered(lambda sequence: sequence.implementation == "no_gap")
    gapless.implementation = "standard"
    # Odoo lets all years of a sequence start with its own next number instead of theirs
    for year in gapless.date_range_ids:
        year.write({"number_next": year.number_next})
    numbering._belong_to_modules(sequences)
    numbering._prepare(env["res.company"].search([]))
