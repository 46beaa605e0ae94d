"""Crawls all that the server offers, as everybody, and looks for what is not for them.

Models and fields are found by themselves: a field that is added is covered the same day, unless
``HARMLESS`` of canaries.py names it. Who may see what is read from access_matrix.py alone.
"""

import base64
import json
import re
from contextlib import contextmanager
from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from ... import signatures
from ...sealed_fields import Sealed
from ...sealed_files import ConfidentialBinary
from .. import access_matrix
from ..canaries import HARMLESS
from ..common import DENIALS, MODULE
from .matrix import AccessMatrixCase

TEXTS = ("char", "text", "html", "json")
CANARY = re.compile(r"K\d{5}NARY")
ANY = "NARY"
# Tables that hold canaries because the test puts them there; nowhere else may one turn up.
ODOO_TABLES = {"ir_attachment", "mail_activity"}
# Shown on purpose beyond the table: (model, field) to roles.
BESIDES = {
    # a case that is referred to the district centre says whose it is
    ("crisis.student", "name"): {"district"},
}


class CrawlerCase(AccessMatrixCase, HttpCase):
    """The school of the access matrix with a canary of its own in every text, file and activity."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.planted = {}  # canary: (model, relation, field, id)
        cls.files = {}  # id of attachment: canary of its content
        for (model, relation), record in cls.records.items():
            if record._transient:
                continue
            for field in record._fields.values():
                if cls._is_text(model, field):
                    cls._plant(record, relation, field)
            cls._plant_besides(record, relation)
        cls.env.flush_all()
        cls.env.cr.precommit.run()
        cls.env.invalidate_all()
        cls.by_field = {}
        for canary, (model, _relation, name, _id) in cls.planted.items():
            cls.by_field.setdefault((model, name), []).append(canary)

    @classmethod
    def _is_text(cls, model, field):
        """Tell whether a field of one of our models may hold what somebody writes."""
        return (
            field.store
            and field.type in (*TEXTS, "binary")
            and field.model_name == model
            and MODULE in field._modules
            and field.name not in HARMLESS.get(model, ())
        )

    @classmethod
    def _canary(cls, record, relation, name):
        """Return a fresh canary for a place."""
        canary = f"K{len(cls.planted):05}NARY"
        cls.planted[canary] = (record._name, relation, name, record.id)
        return canary

    @classmethod
    def _plant(cls, record, relation, field):
        """Put a canary into a field, past everything that keeps people from it."""
        canary = cls._canary(record, relation, field.name)
        if field.type == "binary":
            field.write(record.sudo(), base64.b64encode(canary.encode()))
            return
        value = {"canary": canary} if field.type == "json" else canary
        column = field.convert_to_column_insert(value, record)
        cls.env.cr.execute(
            f'UPDATE "{record._table}" SET "{field.name}" = %s WHERE id = %s', [column, record.id]
        )

    @classmethod
    def _plant_besides(cls, record, relation):
        """Attach a file and an activity to a record, each with canaries."""
        if hasattr(record, "message_ids") and not getattr(record, "_takes_no_files", False):
            name = cls._canary(record, relation, "file")
            content = cls._canary(record, relation, "file")
            with signatures.filing(record):
                file = cls.env["ir.attachment"].create(
                    {
                        "name": f"{name}.txt",
                        "raw": content.encode(),
                        "res_model": record._name,
                        "res_id": record.id,
                    }
                )
            cls.files[file.id] = content
        if hasattr(record, "_readable_by"):
            people = cls.psychology | cls.principal | cls.other_psychology
            cls.env["mail.activity"].with_context(mail_activity_quick_update=True).create(
                [
                    {
                        "res_model_id": cls.env["ir.model"]._get_id(record._name),
                        "res_id": record.id,
                        "user_id": user.id,
                        "summary": cls._canary(record, relation, "activity"),
                        "note": cls._canary(record, relation, "activity"),
                    }
                    for user in record._readable_by(people)[:1]
                ]
            )

    # who may

    def _may(self, role, canary):
        """Tell whether the matrix lets ``role`` see a canary."""
        model, relation, name, _id = self.planted[canary]
        if "R" not in self.table[model][relation][role]:
            return role in BESIDES.get((model, name), ())
        for names, readers, _writers in access_matrix.FIELDS.get(model, ()):
            if name in names.split():
                return role in readers
        return True


@tagged("post_install", "-at_install")
class TestLeakCrawler(CrawlerCase):
    """Not one canary where the access matrix says dash."""

    def setUp(self):
        super().setUp()
        self.seen = {}  # canary: doors that showed it
        self.door = None

    def _check(self, who, may):
        """Check that nothing was seen but what ``may`` allows, and that the crawl sees at all."""
        leaks = {
            canary: (self.planted[canary], sorted(doors))
            for canary, doors in self.seen.items()
            if not may(canary)
        }
        self.assertFalse(leaks, f"{who} sees what is not for {who}")

    # what is seen

    @contextmanager
    def _through(self, door):
        """Name the door; whatever it refuses is looked at as well."""
        self.door = door
        self.env.invalidate_all()
        try:
            yield
        except (UserError, AccessError, MissingError, ValueError, KeyError) as error:
            self._look(str(error))

    def _look(self, value):
        """Note the canaries in what a door gave."""
        if isinstance(value, bytes):
            text = value.decode(errors="replace")
        else:
            text = value if isinstance(value, str) else json.dumps(
                value, default=_shown, ensure_ascii=False
            )  # fmt: skip
        for canary in set(CANARY.findall(text)) & self.planted.keys():
            self.seen.setdefault(canary, set()).add(self.door)

    def _found(self, records, canaries):
        """Note canaries that a search has confirmed, which is as good as reading them."""
        ids = set(records.ids)
        for canary in canaries:
            if self.planted[canary][3] in ids:
                self.seen.setdefault(canary, set()).add(self.door)

    # the crawl

    def _models(self):
        """Return the names of all our models, views of the database and dialogs included."""
        return list(self.env["crisis.record"]._kinds())

    def _crawl(self, user, may):
        """Go through every door as ``user``."""
        reach = [name for name in self._models() if name in self.table or not self.env[name]._auto]
        for name in reach:
            model = self.env[name].with_user(user).with_context(active_test=False).sudo(False)
            known = [record.id for (other, _r), record in self.records.items() if other == name]
            with self._through(f"fields of {name}"):
                readable = model.fields_get(attributes=["type"])
                self._crawl_model(model, known, readable, may)
        self._crawl_odoo(user)
        self._crawl_reports(user)

    def _crawl_model(self, model, known, readable, may):
        """Search and read one model, whole and by id."""
        name = model._name
        here = [field for other, field in self.by_field if other == name and field in model._fields]
        texts = [field for field in readable if readable[field]["type"] in (*TEXTS, "many2one")]
        visible = model.browse()
        with self._through(f"{name} search"):
            visible = model.search([], limit=200)
        for ids in [[id_] for id_ in known] or [visible.ids]:
            record = model.browse(ids)
            with self._through(f"{name} read"):
                self._look(record.read(texts))
            with self._through(f"{name} web_read"):
                self._look(record.web_read({text: _deeper(model, text) for text in texts}))
        for field in here:
            self._crawl_field(model, field, visible, field in readable, may)
        with self._through(f"{name} search_read"):
            self._look(model.search_read([], texts, limit=200))
        with self._through(f"{name} web_search_read"):
            self._look(model.web_search_read([], {text: {} for text in texts}, limit=200))
        with self._through(f"{name} name_search"):
            self._look(model.name_search(ANY, limit=None))
        with self._through(f"{name} web_name_search"):
            self._look(model.web_name_search(ANY, {"display_name": {}}, limit=None))
        with self._through(f"{name} export"):
            self._look(visible.export_data([*texts, "display_name"]))
        self._crawl_links(model, visible, may)

    def _crawl_field(self, model, field, visible, readable, may):
        """Reach for one field by its name, whether it is offered or not."""
        name = model._name
        canaries = self.by_field[name, field]
        foreign = [canary for canary in canaries if not may(canary)]
        if not readable:
            with self._through(f"{name} attribute"):
                self._look(visible.mapped(field))
            with self._through(f"{name} order"):
                model.search([], order=field, limit=1)
                self.assertFalse(model._fields[field].groups, f"{name}.{field} can be sorted by")
            with self._through(f"{name} export of a field"):
                self._look(visible.export_data([field]))
        if model._fields[field].type == "binary":
            return
        with self._through(f"{name} search ilike"):
            self._found(model.search([(field, "ilike", ANY)]), canaries)
        if foreign:
            with self._through(f"{name} search ="):
                self._found(model.search([(field, "in", foreign)]), foreign)
        with self._through(f"{name} formatted_read_group"):
            self._look(model.formatted_read_group([], [field], ["__count"]))
        with self._through(f"{name} web_read_group"):
            self._look(model.web_read_group([], [field], ["__count"]))
        with self._through(f"{name} read_group"):
            self._look(_old_read_group(model, field))
        with self._through(f"{name} array_agg"):
            self._look(model._read_group([], [], [f"{field}:array_agg"]))

    def _crawl_links(self, model, visible, may):
        """Follow the links of a model to texts of others: nested reads, paths, conditions."""
        for link in model._fields.values():
            other = link.comodel_name
            names = [field for name, field in self.by_field if name == other]
            names = [name for name in names if name in self.env[other]._fields] if names else []
            if not names:
                continue
            for some in self._together(visible, link.name, names):
                with self._through(f"{model._name} nested"):
                    self._look(
                        visible.web_read({link.name: {"fields": {name: {} for name in some}}})
                    )
                with self._through(f"{model._name} export of a path"):
                    self._look(visible.export_data([f"{link.name}/{name}" for name in some]))
            for name in names:
                path = f"{link.name}.{name}"
                if not link.store or self.env[other]._fields[name].type == "binary":
                    continue
                foreign = [canary for canary in self.by_field[other, name] if not may(canary)]
                with self._through(f"{model._name} condition on a path"):
                    if foreign and model.search([(path, "in", foreign)], limit=1):
                        for canary in foreign:
                            if model.search([(path, "=", canary)], limit=1):
                                self.seen.setdefault(canary, set()).add(self.door)
                with self._through(f"{model._name} grouped by a path"):
                    self._look(model._read_group([], [path], ["__count"]))

    def _together(self, visible, link, names):
        """Return the names in one list where none of them keeps the others closed, or one each."""
        try:
            visible.mapped(link).fetch(names)
        except (UserError, AccessError, ValueError):
            return [[name] for name in names]
        return [names]

    def _crawl_odoo(self, user):
        """Read what Odoo's own models know: chatter, activities, files, mails, notifications."""
        for name, names in (
            ("mail.message", ["body", "subject", "record_name", "preview"]),
            ("mail.activity", ["summary", "note", "res_name"]),
            ("mail.notification", ["display_name"]),
            ("mail.mail", ["body_html", "subject"]),
            ("mail.tracking.value", ["old_value_char", "new_value_char", "old_value_text"]),
            ("mail.followers", ["display_name"]),
            ("calendar.event", ["name", "description"]),
            ("ir.attachment", ["name", "res_name", "index_content"]),
        ):
            model = self.env[name].with_user(user).with_context(active_test=False).sudo(False)
            with self._through(f"{name} search_read"):
                self._look(model.search_read([], names, limit=2000))
            with self._through(f"{name} search ilike"):
                found = model.search([(names[0], "ilike", ANY)])
                self._look(found.mapped(names[0]))
        files = self.env["ir.attachment"].with_user(user).sudo(False)
        with self._through("ir.attachment of fields"):
            self._look(files.search_read([("res_field", "!=", False)], ["name", "datas"]))
        for id_ in self.files:
            with self._through("ir.attachment raw"):
                self._look(files.browse(id_).read(["raw", "name", "index_content"]))
        messages = self.env["mail.message"].sudo().search([("model", "=like", "crisis.%")])
        for message in messages.with_user(user).sudo(False):
            with self._through("mail.message by id"):
                self._look(message.read(["body", "record_name"]))

    def _crawl_reports(self, user):
        """Print every document about every record."""
        for report in self.env["ir.actions.report"].search([("model", "=like", "crisis.%")]):
            for (model, _relation), record in self.records.items():
                if model != report.model:
                    continue
                with self._through(f"document {report.report_name}"):
                    self._look(
                        self.env["ir.actions.report"]
                        .with_user(user)
                        ._render_qweb_html(report.report_name, record.ids)[0]
                    )

    # the tests

    def test_every_text_has_a_canary(self):
        self.assertGreater(len(self.planted), 400)
        models = {name for name in self._models() if self.env[name]._auto and self._texts_of(name)}
        self.assertEqual(models, {model for model, _r, _n, _i in self.planted.values()} & models)

    def _texts_of(self, model):
        return [f for f in self.env[model]._fields.values() if self._is_text(model, f)]

    @mute_logger(*DENIALS)
    def test_every_role(self):
        for role in access_matrix.ROLES:
            self._take(role)
            self.seen.clear()

            def may(canary, role=role):
                return self._may(role, canary)

            self._crawl(self.me, may)
            with self.subTest(role=role):
                self._check(role, may)
            if role in ("head_teacher", "psychology_teacher", "principal"):
                self._check_sight(role)

    def _check_sight(self, role):
        """Check that the crawl finds all that ``role`` may see, or it would prove nothing."""
        expected = {
            canary
            for canary, (model, _relation, name, _id) in self.planted.items()
            if self._may(role, canary)
            and name not in ("file", "activity")
            and self.env[model]._fields[name].type != "binary"
        }
        with self.subTest(role=role, check="sight"):
            self.assertGreater(len(expected), 30)
            self.assertFalse({self.planted[canary] for canary in expected - self.seen.keys()})

    @mute_logger(*DENIALS)
    def test_everybody_else(self):
        company = {"company_id": self.school.id, "company_ids": [(6, 0, self.school.ids)]}
        portal = new_test_user(self.env, login="t_portal", groups="base.group_portal", **company)
        mine = {"other_school", "referred_here", "reported_here", "any", "general"}
        for user, may in (
            (portal, lambda canary: False),
            (self.env.ref("base.public_user"), lambda canary: False),
            (self.other_psychology, lambda canary: self.planted[canary][1] in mine),
        ):
            self.seen.clear()
            self._crawl(user, may)
            with self.subTest(user=user.login):
                self._check(user.login, may)

    def test_no_table_keeps_a_copy(self):
        """Mails, messages, notifications, bus, calendar, contacts: no table but the record's own."""
        ours = {self.env[model]._table for model in self.table} | ODOO_TABLES
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' "
            "AND c.relnamespace = current_schema::regnamespace"
        )
        tables = {name for [name] in self.env.cr.fetchall()}
        self.assertLess(ours & {"crisis_case", "mail_activity"}, tables)
        found = {}
        for table in tables:
            self.env.cr.execute(f"SELECT t::text FROM \"{table}\" t WHERE t::text LIKE '%NARY%'")
            texts = " ".join(text for [text] in self.env.cr.fetchall())
            if canaries := set(CANARY.findall(texts)) & self.planted.keys():
                found[table] = canaries
        self.assertIn("crisis_case", found)
        self.assertFalse(found.keys() - ours)
        # and what is sealed is in none at all
        sealed = {
            canary
            for canary, (model, _relation, name, _id) in self.planted.items()
            if isinstance(self.env[model]._fields.get(name), (Sealed, ConfidentialBinary))
        }
        # of files the contents; their names are not sealed
        sealed.update(self.files.values())
        self.assertGreater(len(sealed), 20)
        self.assertFalse(sealed & set().union(*found.values()))

    @mute_logger(*DENIALS, "odoo.addons.rpc")
    def test_over_the_wire(self):
        """Files by their address, and the JSON-2 interface, as each role and as nobody."""
        paths = {}  # path: what it would show
        for id_, canary in self.files.items():
            paths[f"/web/content/{id_}"] = canary
            paths[f"/web/image/{id_}"] = canary
        for canary, (model, _relation, name, id_) in self.planted.items():
            field = self.env[model]._fields.get(name)
            if field and field.type == "binary":
                paths[f"/web/content?model={model}&id={id_}&field={name}"] = canary
        self.assertGreater(len(paths), 50)
        models = [name for name in self._models() if self._texts_of(name)]
        for role in access_matrix.ROLES:
            self._take(role)
            self.env.flush_all()
            self.seen.clear()
            self.authenticate(self.me.login, self.me.login + "x" * (8 - len(self.me.login)))
            may = [path for path, canary in paths.items() if self._may(role, canary)]
            self._fetch(paths.keys() - set(may))
            self.assertFalse(self.seen)
            # what is open is one request, to know that the address is right
            self._fetch(may[:1])
            self.assertEqual(len(self.seen), len(may[:1]))
            headers = {"Authorization": f"bearer {self._key()}"}
            for model in models:
                names = [field.name for field in self._texts_of(model)]
                names = [name for name in names if self._offered(model, name)]
                closed = [n for n in names if isinstance(self.env[model]._fields[n], Sealed)]
                # what is sealed opens for no program, and would hide the others
                names = [name for name in names if name not in closed]
                for name in closed:
                    answer = self.url_open(
                        f"/json/2/{model}/read",
                        json={"ids": self._known(model), "fields": [name]},
                        headers=headers,
                    )
                    self.assertNotIn(ANY, answer.text)
                self.door = f"json/2 {model}"
                for method, body in (
                    ("search_read", {"domain": [], "fields": names or ["display_name"]}),
                    ("read", {"ids": self._known(model), "fields": names or ["display_name"]}),
                ):
                    answer = self.url_open(f"/json/2/{model}/{method}", json=body, headers=headers)
                    self._look(answer.content.decode("unicode_escape", errors="replace"))
            with self.subTest(role=role):
                self._check(role, lambda canary, role=role: self._may(role, canary))
        self.seen.clear()
        self.authenticate(None, None)
        self._fetch(paths)
        self.assertFalse(self.seen)

    def _known(self, model):
        return [record.id for (name, _r), record in self.records.items() if name == model]

    def _offered(self, model, name):
        """Tell whether the user may name a field, so that one that is closed hides no other."""
        field = self.env[model]._fields[name]
        return self.env[model].with_user(self.me).sudo(False)._has_field_access(field, "read")

    def _fetch(self, paths):
        for path in paths:
            self.door = path
            self._look(self.url_open(path).content)

    def _key(self):
        """Return a fresh key for the JSON-2 interface."""
        end = fields.Datetime.now() + timedelta(hours=12)
        self.assertIsInstance(end, datetime)
        key = self.env["res.users.apikeys"].with_user(self.me).sudo()._generate("rpc", "x", end)
        self.env.flush_all()
        return key


def _shown(value):
    """Return what JSON does not know as text, and records as what they show."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _deeper(model, name):
    """Return the specification of a field: of a link, what the client asks to show it."""
    return {"fields": {"display_name": {}}} if model._fields[name].relational else {}


def _old_read_group(model, field):
    """Call the old ``read_group``, which clients still may."""
    return model.read_group([], [field], [field], lazy=False)
