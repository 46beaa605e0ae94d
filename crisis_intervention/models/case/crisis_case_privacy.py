from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.safe_eval import safe_eval

from ...register_archive import past_readings
from ...roles import CONFIDENTIAL, DISTRICT, DOCTOR, HEAD_TEACHER, PRINCIPAL, STAFF, TRIAGE

RELATIONS = [
    ("role", "Role in the school"),
    ("class", "Head teacher of the class"),
    ("medical", "School doctor is involved"),
    ("referral", "Referral to the centre"),
    ("own", "Own record or measure"),
    ("reporter", "Has reported it"),
    ("grant", "Permission to look"),
    ("emergency", "Emergency access"),
    ("concerned", "Concerned by a report: does not see it"),
]
# Roles that see a case by what ties them to it; rules for all others are about the role alone.
_RELATION_OF_ROLE = {HEAD_TEACHER: "class", DOCTOR: "medical", DISTRICT: "referral"}
# Below a case, but only for those who work it: they are listed with the case itself. So is the
# timeline, which shows nothing that is not listed.
_WITH_THE_CASE = frozenset(
    ("crisis.approval", "crisis.case.change", "crisis.chronology", "crisis.deadline")
)
# Fields with an audience of their own: model, field.
_FIELDS = (
    ("crisis.case", "background"),
    ("crisis.session", "notes"),
    ("crisis.assessment", "answers"),
)


class CrisisCasePrivacy(models.AbstractModel):
    """Who sees a case and why, who has seen it, who may look beyond the own role; its end.

    Who sees it is asked of the access rules themselves, user by user.
    """

    _name = "crisis.case.privacy"
    _description = "Privacy of a Case"

    may_see_audience = fields.Boolean(compute="_compute_may_see_audience")
    date_destroyed = fields.Datetime(
        string="Destroyed On",
        readonly=True,
        copy=False,
        help="Since then nothing in it leads to the student: level, kinds and dates remain.",
    )
    on_hold = fields.Boolean(string="Legal Hold", compute="_compute_on_hold", groups=CONFIDENTIAL)

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_may_see_audience(self):
        """The owner and the principal may ask."""
        principal = self.env.user.has_group(PRINCIPAL)
        for case in self:
            case.may_see_audience = principal or case.user_id == self.env.user

    def action_view_audience(self):
        """List who sees this case, and why.

        :raises AccessError: somebody else than the owner or the principal asks
        """
        self.ensure_one()
        self.check_access("read")
        if not self.may_see_audience:
            raise AccessError(
                self.env._("The owner of the case and the principal see who has access.")
            )
        # sudo: crisis.case - rules are asked for other users; roles and kinds of records only
        rows = self.sudo()._audience() + self._audience_shut_out()
        listed = self.env["crisis.case.audience"]._make(
            [
                {
                    "case_id": self.id,
                    "user_id": row["user"].id,
                    "relation": row["relation"],
                    "roles": ", ".join(row["roles"]),
                    "parts": " · ".join(self._part_label(part) for part in row["parts"]),
                    "date_until": row["until"],
                }
                for row in rows
            ]
        )
        return listed._action_list(
            [("id", "in", listed.ids)],
            name=self.env._("Who Sees %(case)s", case=self.name),
            views=[(False, "list")],
        )

    def _part_label(self, part):
        """Return the name of a part of the case in the user's language."""
        model, field = part
        if field in ("answers", "notes"):
            # as permissions call them
            scopes = self.env["crisis.access.grant"]._fields["scope"]
            return dict(scopes._description_selection(self.env))[field]
        if field:
            return self.env[model]._fields[field]._description_string(self.env)
        return self.env["ir.model"]._get(model).name

    def _audience_records(self):
        """Return dict of model to the records of this case, the case itself among them."""
        apart = _WITH_THE_CASE | {"crisis.access.grant"}  # permissions have lines of their own
        kinds = (self.env[name] for name in self._kinds() if name not in apart)
        below = [
            kind._name
            for kind in kinds
            if kind._auto
            and (link := kind._fields.get("case_id"))
            and link.store
            and link.comodel_name == self._name
        ]
        records = {"crisis.case": self, "crisis.concern": self.concern_ids}
        for model in below:
            records[model] = (
                self.env[model].with_context(active_test=False).search([("case_id", "=", self.id)])
            )
        return records

    def _audience(self):
        """Find everybody with access; expects an environment of the superuser.

        :return: list of dicts: user, relation (code), roles (names), parts (model, field or
            None), until (moment or False), grant (``crisis.access.grant`` or empty)
        """
        self.ensure_one()
        records = self._audience_records()
        rules = {}
        rows = []
        for user in self._audience_candidates(records):
            found = {}
            for model, part in records.items():
                as_user = part.with_user(user).with_context(
                    allowed_company_ids=list(user._get_company_ids())
                )
                readable = as_user._filtered_access("read")
                if not readable:
                    continue
                parts = [(model, None)] + [
                    (other, name)
                    for other, name in _FIELDS
                    if other == model and readable._has_field_access(readable._fields[name], "read")
                ]
                for relation, roles in self._audience_reasons(readable, user, rules).items():
                    row = found.setdefault(relation, {"roles": set(), "parts": []})
                    row["roles"] |= roles
                    row["parts"] += parts
            rows += [
                {
                    "user": user,
                    "relation": relation,
                    "roles": sorted(row["roles"]),
                    "parts": row["parts"],
                    "until": False,
                    "grant": self.env["crisis.access.grant"],
                }
                for relation, row in found.items()
            ]
        return rows + self._audience_grants()

    def _audience_candidates(self, records):
        """Return the users who could have access at all: a role of ours, in one of the schools.

        :param records: see ``_audience_records``; any school that one of them names counts
        """
        staff = self.env.ref(STAFF)
        groups = self.env["res.groups"].search(
            [("privilege_id.category_id", "=", staff.privilege_id.category_id.id)]
        )
        companies = self.env["res.company"]
        for part in records.values():
            for field in part._fields.values():
                if field.comodel_name == "res.company" and field.store:
                    companies |= part[field.name]
        users = groups.all_user_ids.filtered(lambda u: u.active and u.company_ids & companies)
        return users.sorted("name")

    def _audience_reasons(self, readable, user, rules):
        """Return dict of relation to names of roles: why ``user`` reads these records.

        :param readable: records of one model, in the environment of the user
        :param rules: what was found for other users with the same groups; is added to
        """
        key = (user._get_group_ids(), readable._name)
        if key not in rules:
            # sudo: ir.rule - the rules that the server itself applies to this user
            of_user = self.env["ir.rule"].with_user(user)._get_rules(readable._name, "read").sudo()
            rules[key] = [
                (rule, self._rule_relation(rule, readable)) for rule in of_user if rule.groups
            ]
        groups = user.all_group_ids
        context = readable.env["ir.rule"]._eval_context()
        reasons = {}
        for rule, relation in rules[key]:
            domain = safe_eval(rule.domain_force, context) if rule.domain_force else []
            # sudo: which rule lets in; the asker reads the record, checked by the caller
            if readable.sudo().filtered_domain(domain):
                reasons.setdefault(relation, set()).update((rule.groups & groups).mapped("name"))
        if not reasons:
            # no rule of a role limits this model: the right on the model is the reason
            rights = self.env["ir.model.access"].search(
                [("model_id.model", "=", readable._name), ("perm_read", "=", True)]
            )
            reasons["role"] = set((rights.group_id & groups).mapped("name"))
        return reasons

    @api.model
    def _rule_relation(self, rule, records):
        """Return the relation by which ``rule`` lets in: it follows from the role it is for."""
        relations = {**_RELATION_OF_ROLE, STAFF: records._staff_relation}
        for role, relation in relations.items():
            if rule.groups == self.env.ref(role):
                return relation
        return "role"

    def _audience_shut_out(self):
        """Return rows of those who never see it, as far as the asker reads the reports on them."""
        # sudo: crisis.concern, res.users - of reports that the asker may read
        reports = self.sudo().concern_ids.with_env(self.env)._filtered_access("read")
        users = reports.sudo().concerned_user_ids & self._concerned()
        row = {"relation": "concerned", "roles": [], "parts": [], "until": False}
        return [{**row, "user": user} for user in users.sorted("name")]

    def _audience_grants(self):
        """Return the rows of the permissions that hold at this second."""
        grants = self.env["crisis.access.grant"].search(
            [("case_id", "=", self.id), ("is_open", "=", True)]
        )
        scopes = {
            "answers": [("crisis.assessment", "answers")],
            "notes": [("crisis.session", "notes")],
            "case": [("crisis.case", None), ("crisis.assessment", "answers")],
        }
        scopes["all"] = scopes["case"] + scopes["notes"]
        return [
            {
                "user": grant.user_id,
                "relation": "emergency" if grant.is_emergency else "grant",
                "roles": [grant.name],
                "parts": scopes[grant.scope],
                "until": grant.date_to,
                "grant": grant,
            }
            for grant in grants
        ]

    def action_ask_access(self):
        """Begin a permission to look into this case."""
        self.ensure_one()
        self.check_access("read")
        action = self.student_id.action_ask_access()
        if self.env.user.has_groups(TRIAGE):
            action["context"]["default_case_id"] = self.id
        return action

    def action_view_disclosures(self):
        """List who has read what is confidential in this case, from archives as well."""
        self.ensure_one()
        self.env["crisis.disclosure"]._check_reader(self)
        if past := past_readings(self.env, self):
            return self._action_readers(past)
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "crisis_intervention.crisis_disclosure_action"
            ),
            "domain": self._disclosure_domain(),
            "context": {},
        }

    def _disclosure_domain(self):
        """Return which rows of the register are lines of who has seen this case, as a list."""
        return [
            ("case_id", "=", self.id),
            ("entry_id", "=", False),
            ("kind", "in", ("reading", "printed")),
        ]

    def _action_readers(self, past):
        """Return the window action of a list with what stands in archives and in the table.

        :param past: new ``crisis.disclosure`` records
        """
        names = ("date", "kind", "res_name", "what", "way", "read_count", "ip")
        present = self.env["crisis.disclosure"].search(self._disclosure_domain())
        listed = self.env["crisis.case.reader"]._make(
            [
                {
                    **{name: entry[name] for name in names},
                    "case_id": self.id,
                    # who has left the server's users altogether is not named any more
                    "user_id": entry.user_id.exists().id,
                    "is_archived": entry not in present,
                }
                for entry in past + present
            ]
        )
        return listed._action_list(
            [("id", "in", listed.ids)],
            name=self.env._("Who Has Seen %(case)s", case=self.name),
            views=[(False, "list")],
        )

    def _disclosure_entries(self):
        """Return the entries about this case, the oldest first, for the document.

        Those that stand in archives are new records.

        :raises AccessError: neither its owner nor the principal asks
        """
        self.ensure_one()
        register = self.env["crisis.disclosure"]
        register._check_reader(self)
        entries = register.search(self._disclosure_domain(), order="date, id")
        return (past_readings(self.env, self) + entries).sorted("date")

    @api.depends("hold_ids.state")
    def _compute_on_hold(self):
        """Tell whether anything forbids to destroy the file."""
        for case in self:
            case.on_hold = any(hold.state == "active" for hold in case.hold_ids)

    def action_hold(self):
        """Begin a legal hold of this case."""
        self.ensure_one()
        return self.env["crisis.legal.hold"]._action_form(
            name=self.env._("Legal Hold"), context={"default_case_id": self.id}
        )

    def _destroy(self):
        """Anonymise these cases for good; expects an approved and witnessed destruction.

        :return: dict of counts for the destruction record
        """
        # sudo: crisis.access.grant, crisis.deadline - ends what is still open about the file
        grants = (
            self.env["crisis.access.grant"]
            .sudo()
            .search([("case_id", "in", self.ids), ("state", "in", ["draft", "waiting", "active"])])
        )
        grants._set({"state": "revoked", "date_revoked": fields.Datetime.now()})
        self.env["crisis.deadline"].sudo().search(
            [("case_id", "in", self.ids), ("date_done", "=", False)]
        ).write({"date_done": fields.Datetime.now()})
        return self.env["crisis.erasure"]._erase_cases(self)
