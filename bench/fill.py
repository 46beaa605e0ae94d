"""Fills a database: crisis.case, crm.lead, hr.applicant and project.task alike.

The ORM makes one record per stage, with everything it computes; SQL copies the rows. So stored
computed columns need not be known here, and 100,000 records of each take seconds, not hours.
"""

from functools import cached_property

from odoo import api
from odoo.addons.crisis_intervention.role_confirmations import take_over
from odoo.modules.registry import Registry

from .client import PASSWORD
from .fill_cases import fill_cases
from .texts import SPARE, person, picked

STAGES = 7
# Users of each kind; the first one is timed, all of them own records.
USERS = {
    "lead": ["sales_team.group_sale_salesman_all_leads"],
    "applicant": ["hr_recruitment.group_hr_recruitment_user"],
    "task": ["project.group_project_user"],
    "psychology": ["crisis_intervention.group_psychology_teacher"],
    "head_teacher": ["crisis_intervention.group_head_teacher"],
}
OWNERS = 3


class Filler:
    """Fills one database that has the addon installed."""

    def __init__(self, env, count: int):
        self.env = env(context={"tracking_disable": True, "mail_create_nosubscribe": True})
        self.cr = env.cr
        self.count = count

    def clone(self, table: str, sources: list[int], count: int, **columns: str) -> int:
        """Copy rows; return the id before the first copy.

        :param sources: ids of the rows to copy in turn
        :param columns: column to SQL of its value; n is the number of the copy from 1
        """
        self.env.flush_all()
        self.cr.execute(f"SELECT max(id) FROM {table}")
        [base] = self.cr.fetchone()
        self.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table]
        )
        names = [name for [name] in self.cr.fetchall()]
        values = {**{name: f"src.{name}" for name in names}, **columns, "id": f"{base} + n"}
        used = [name for name in names if name in values]
        ids = ",".join(map(str, sources))
        self.cr.execute(
            f"""INSERT INTO {table} ({", ".join(f'"{name}"' for name in used)})
                SELECT {", ".join(values[name] for name in used)}
                  FROM generate_series(1, {count}) n
                  JOIN {table} src ON src.id = (ARRAY[{ids}])[1 + n % {len(sources)}]"""
        )
        self.cr.execute(f"SELECT setval('{table}_id_seq', {base + count + 1})")
        return base

    @cached_property
    def users(self) -> dict[str, list[int]]:
        """Create the users; return kind to ids."""
        result = {}
        for kind, groups in USERS.items():
            group_ids = [self.env.ref(name).id for name in ["base.group_user", *groups]]
            result[kind] = (
                self.env["res.users"]
                .with_context(no_reset_password=True)
                .create(
                    [
                        {
                            "name": f"{kind} {number}",
                            "login": f"bench_{kind}_{number}",
                            "password": PASSWORD,
                            "group_ids": [(6, 0, group_ids)],
                            "lang": "zh_CN",
                            "tz": "Asia/Shanghai",
                        }
                        for number in range(OWNERS)
                    ]
                )
                .ids
            )
            take_over(self.env, self.env["res.users"].browse(result[kind]), tell=False)
        return result

    def _stages(self, model: str, **values) -> list[int]:
        """Replace the stages of an app; return their ids, the last one folded."""
        stages = self.env[model]
        # users' personal stages of tasks stay
        stages.search([("user_id", "=", False)] if "user_id" in stages._fields else []).unlink()
        return stages.create(
            [
                {"name": f"Stage {n}", "sequence": n, "fold": n == STAGES - 1, **values}
                for n in range(STAGES)
            ]
        ).ids

    def _owner(self, kind: str) -> str:
        return picked(self.users[kind], f"n / {STAGES}").replace("'", "")

    def records(self, kind: str, model: str, protos: list[dict], **columns: str) -> int:
        """Create records of one model with activity and stage history; return the id base."""
        records = self.env[model].create(protos)
        table = records._table
        since = "now() AT TIME ZONE 'UTC' - (n % 20) * interval '1 day'"
        base = self.clone(
            table,
            records.ids,
            self.count,
            user_id=self._owner(kind),
            date_last_stage_update=since,
            create_date=since,
            **columns,
        )
        self._history(records, base)
        activity = self.env["mail.activity"].search(
            [("res_model", "=", model), ("res_id", "in", records.ids)], limit=1
        ) or records[0].activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.users[kind][0]
        )
        self.clone(
            "mail_activity",
            activity.ids,
            self.count,
            res_id=f"{base} + n",
            user_id=self._owner(kind),
            date_deadline="current_date + (n % 30)::int - 5",
        )
        return base

    def _history(self, records, base: int) -> None:
        """Give every record a message on its move from the first stage."""
        message = records[0]._message_log(body="")
        stage_field = self.env["ir.model.fields"]._get(records._name, "stage_id")
        tracking = self.env["mail.tracking.value"].create(
            {
                "field_id": stage_field.id,
                "old_value_integer": records[0].stage_id.id,
                "new_value_integer": records[1].stage_id.id,
                "mail_message_id": message.id,
            }
        )
        messages = self.clone(
            "mail_message",
            message.ids,
            self.count,
            res_id=f"{base} + n",
            message_id=f"'<bench-{records._table}-' || n || '@example.com>'",
        )
        self.clone(
            "mail_tracking_value",
            tracking.ids,
            self.count,
            mail_message_id=f"{messages} + n",
        )

    def leads(self) -> dict:
        """Fill crm.lead."""
        stages = self._stages("crm.stage")
        user = self.users["lead"][0]
        self.records(
            "lead",
            "crm.lead",
            [
                {"name": f"Proto {stage}", "type": "opportunity", "stage_id": stage,
                 "user_id": user, "expected_revenue": 100, "email_from": "a@proto.example.com"}
                for stage in stages
            ],
            name=person(),
            contact_name=person(),
            email_from="'a@x' || n || '.example.com'",
            email_normalized="'a@x' || n || '.example.com'",
            email_domain_criterion="'@x' || n || '.example.com'",
        )  # fmt: skip
        return {
            "model": "crm.lead",
            "stages": stages,
            "domain": [("type", "=", "opportunity")],
            "context": {"default_type": "opportunity"},
            "new": [{"name": f"New {n}"} for n in range(SPARE)],
        }

    def applicants(self) -> dict:
        """Fill hr.applicant."""
        stages = self._stages("hr.recruitment.stage")
        user = self.users["applicant"][0]
        self.records(
            "applicant",
            "hr.applicant",
            [
                {"partner_name": f"Proto {stage}", "stage_id": stage, "user_id": user}
                for stage in stages
            ],
            partner_name=person(),
        )
        return {
            "model": "hr.applicant",
            "stages": stages,
            "domain": [],
            "context": {},
            "new": [{"partner_name": f"New {n}"} for n in range(SPARE)],
        }

    def tasks(self) -> dict:
        """Fill project.task, all in one project."""
        project = self.env["project.project"].create(
            {"name": "Bench", "privacy_visibility": "employees"}
        )
        stages = self._stages("project.task.type", project_ids=[(6, 0, project.ids)])
        user = self.users["task"][0]
        base = self.records(
            "task",
            "project.task",
            [
                {"name": f"Proto {stage}", "project_id": project.id, "stage_id": stage,
                 "user_ids": [(6, 0, [user])]}
                for stage in stages
            ],
            name=person(),
        )  # fmt: skip
        self.cr.execute(
            f"""INSERT INTO project_task_user_rel (task_id, user_id, stage_id)
                SELECT {base} + n, {self._owner("task")}, NULL
                  FROM generate_series(1, {self.count}) n"""
        )
        return {
            "model": "project.task",
            "stages": stages,
            "domain": [("project_id", "=", project.id), ("display_in_project", "=", True)],
            "context": {"default_project_id": project.id},
            "new": [{"name": f"New {n}", "project_id": project.id} for n in range(SPARE)],
        }

    def cases(self) -> dict:
        """Fill crisis.case, with a student each."""
        return fill_cases(self)


def fill(database: str, count: int, kinds: list[str]) -> dict[str, dict]:
    """Fill ``database``; return kind to what the timing must know of it.

    :param kinds: of "lead", "applicant", "task", "case"
    """
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, api.SUPERUSER_ID, {})
        filler = Filler(env, count)
        env["ir.cron"].search([]).active = False
        result = {kind: getattr(filler, f"{kind}s")() for kind in kinds}
        cr.execute(f"SELECT {person()} FROM generate_series(1, {min(count, 400)}) n")
        names = [name for [name] in cr.fetchall()]
        for entry in result.values():
            entry["names"] = names
        env.flush_all()
    return result
