def migrate(cr, version):
    """Demand no second factor of schools that were there before: they switch it on themselves.

    New schools begin with it. Whoever updates shall not be locked out over night.
    """
    cr.execute("ALTER TABLE res_company ADD COLUMN IF NOT EXISTS crisis_two_factor boolean")
    cr.execute("UPDATE res_company SET crisis_two_factor = FALSE WHERE crisis_two_factor IS NULL")
