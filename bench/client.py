"""Speaks with Odoo as the web client does: the same calls with the same field specifications."""

import ast
import json
import time
from dataclasses import dataclass, field
from functools import cached_property

import requests
from lxml import etree

# Of all users of a benchmark database, which nobody but this machine can reach.
PASSWORD = "bench"
# What widgets read besides their own field (fieldDependencies in Odoo's JavaScript).
_ACTIVITY = (
    "activity_exception_decoration",
    "activity_exception_icon",
    "activity_state",
    "activity_summary",
    "activity_type_icon",
    "activity_type_id",
)
_DEPENDENCIES = {
    "kanban_activity": _ACTIVITY,
    "list_activity": _ACTIVITY,
    "statusbar_duration": ("duration_tracking",),
    "rotting_statusbar_duration": ("duration_tracking",),
    "activity_exception": ("activity_exception_icon",),
}
_TAGS = ("many2many_tags", "many2many_avatar_user", "many2many_tags_avatar")
_X2MANY = ("one2many", "many2many")
_NUMBERS = ("integer", "float", "monetary")


def _literal(text: str | None, default):
    """Return the value of a Python literal, or ``default`` where it is an expression."""
    try:
        return ast.literal_eval(text or "")
    except (SyntaxError, ValueError):
        return default


def _always_invisible(node) -> bool:
    return {node.get("invisible"), node.get("column_invisible")} & {"1", "True"} != set()


def specification(arch, model: str, models: dict) -> dict:
    """Return the field specification that the client makes of a view.

    :param arch: root element of the view
    :param model: model of the view
    :param models: "models" of the answer of ``get_views``
    """
    fields = models[model]["fields"]
    result, shown = {}, set()
    for node in _field_nodes(arch):
        name = node.get("name")
        if name not in fields:
            continue
        spec = result.setdefault(name, {})
        kind = fields[name]["type"]
        if kind in ("many2one", "reference"):
            spec.setdefault("fields", {})
        if not _always_invisible(node):
            shown.add(name)
            context = _literal(node.get("context"), {})
            if context and kind in ("many2one", *_X2MANY):
                spec["context"] = context
            if kind in _X2MANY:
                _sub_specification(spec, node, fields[name]["relation"], models)
        for other in fields.keys() & _DEPENDENCIES.get(node.get("widget"), ()):
            shown.add(other)
            is_many2one = fields[other]["type"] == "many2one"
            result.setdefault(other, {"fields": {}} if is_many2one else {})
    for name in shown:
        if fields[name]["type"] in ("many2one", "reference"):
            result[name]["fields"]["display_name"] = {}
    return result


def _field_nodes(arch):
    """Yield the fields of a view without those of its inline subviews."""
    for node in arch.iter("field"):
        if not any(parent.tag == "field" for parent in node.iterancestors()) or node is arch:
            yield node


def _sub_specification(spec: dict, node, relation: str, models: dict) -> None:
    """Add what is read of the lines of an x2many field."""
    subviews = [child for child in node if child.tag in ("list", "kanban")]
    if subviews and relation in models:
        # a copy, so that the lines are no descendants of the field
        arch = etree.fromstring(etree.tostring(subviews[0]))
        spec["fields"] = specification(arch, relation, models)
        spec["limit"] = int(subviews[0].get("limit", 40))
        spec.setdefault("context", {})
    elif node.get("widget") in _TAGS:
        spec["fields"] = {"display_name": {}}
        color = _literal(node.get("options"), {}).get("color_field")
        if color:
            spec["fields"][color] = {}


class Client:
    """A session of one user on one server; knows how long each call took."""

    def __init__(self, url: str, database: str, login: str, password: str):
        self.url = url
        self.session = requests.Session()
        result = self._post(
            "/web/session/authenticate", db=database, login=login, password=password
        )
        self.context = result["user_context"]
        self.calls = 0

    def _post(self, path: str, **params):
        """Return the result of a JSON-RPC request.

        :raises RuntimeError: Odoo answers with an error
        """
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        answer = self.session.post(
            self.url + path, data=body, headers={"Content-Type": "application/json"}, timeout=600
        ).json()
        if "error" in answer:
            data = answer["error"].get("data") or {}
            raise RuntimeError(f"{path}: {data.get('message') or answer['error']['message']}")
        return answer["result"]

    def call(self, model: str, method: str, *args, context: dict | None = None, **kwargs):
        """Call a method as the web client does."""
        self.calls += 1
        kwargs["context"] = {**self.context, **(context or {})}
        path = f"/web/dataset/call_kw/{model}/{method}"
        return self._post(path, model=model, method=method, args=args, kwargs=kwargs)


@dataclass
class Contestant:
    """A model as one user sees it, with the operations that are timed."""

    title: str
    model: str
    client: Client
    domain: list
    context: dict
    stages: list[int]  # in order, the last one folded
    names: list[str]  # texts to search for
    new_values: list[dict]  # values of new records, each used once
    writes: bool = True
    used: dict = field(default_factory=dict)

    @cached_property
    def views(self) -> dict:
        """Return view type to root element, and under "models" what the client knows of fields."""
        kinds = [(False, kind) for kind in ("kanban", "list", "form", "search")]
        answer = self._call("get_views", kinds, options={"toolbar": True, "load_filters": True})
        views = {kind: etree.fromstring(view["arch"]) for kind, view in answer["views"].items()}
        return {**views, "models": answer["models"]}

    @cached_property
    def specs(self) -> dict[str, dict]:
        """Return view type to field specification."""
        return {
            kind: specification(self.views[kind], self.model, self.views["models"])
            for kind in ("kanban", "list", "form")
        }

    @cached_property
    def order(self) -> dict[str, str]:
        """Return view type to the order of its records; "" leaves it to the model."""
        return {kind: self.views[kind].get("default_order", "") for kind in ("kanban", "list")}

    def _call(self, method: str, *args, **kwargs):
        return self.client.call(self.model, method, *args, context=self.context, **kwargs)

    def _next(self, what: str) -> int:
        self.used[what] = self.used.get(what, -1) + 1
        return self.used[what]

    def _ids(self, stage: int) -> list[int]:
        domain = [*self.domain, ("stage_id", "=", stage)]
        return [row["id"] for row in self._call("search_read", domain, ["id"], limit=400)]

    @cached_property
    def open_ids(self) -> list[int]:
        """Return records to open."""
        return self._ids(self.stages[2])

    @cached_property
    def drag_ids(self) -> list[int]:
        """Return records to drag, each once."""
        return self._ids(self.stages[1])

    @cached_property
    def progress(self) -> dict | None:
        """Return the arguments of ``read_progress_bar``, and the field that is summed up."""
        node = self.views["kanban"].find(".//progressbar")
        if node is None:
            return None
        return {
            "sum": node.get("sum_field"),
            "bar": {"field": node.get("field"), "colors": json.loads(node.get("colors"))},
        }

    @cached_property
    def aggregates(self) -> list[str]:
        """Return what the client asks to be summed up per column: the progress bar's field."""
        name = self.progress and self.progress["sum"]
        fields = self.views["models"][self.model]["fields"]
        if not name or fields[name]["type"] not in _NUMBERS or not fields[name].get("aggregator"):
            return []
        currency = fields[name].get("currency_field")
        more = [f"{currency}:array_agg_distinct", f"{name}:sum_currency"] if currency else []
        return [f"{name}:{fields[name]['aggregator']}", *more]

    def kanban(self):
        """Open the kanban view."""
        self._call(
            "web_read_group",
            domain=self.domain,
            groupby=["stage_id"],
            aggregates=self.aggregates,
            auto_unfold=True,
            unfold_read_specification=self.specs["kanban"],
            unfold_read_default_limit=40,
            order=self.order["kanban"],
        )
        if self.progress:
            self._call(
                "read_progress_bar",
                domain=self.domain,
                group_by="stage_id",
                progress_bar=self.progress["bar"],
            )

    def list(self, domain: list | None = None) -> dict:
        """Open the first page of the list view."""
        return self._call(
            "web_search_read",
            domain=domain or self.domain,
            specification=self.specs["list"],
            limit=80,
            offset=0,
            order=self.order["list"],
            count_limit=10001,
        )

    def form(self):
        """Open one record."""
        number = self._next("form")
        self._call(
            "web_read",
            [self.open_ids[number % len(self.open_ids)]],
            specification=self.specs["form"],
        )

    def search(self):
        """Search the list by the first field of the search view."""
        text = self.names[self._next("search") % len(self.names)]
        node = next(node for node in self.views["search"].iter("field"))
        filter_domain = node.get("filter_domain")
        found = [(node.get("name"), "ilike", text)]
        if filter_domain:
            found = ast.literal_eval(filter_domain.replace("self", repr(text)))
        if not self.list(["&", *(self.domain or [(1, "=", 1)]), *found])["records"] and self.writes:
            raise RuntimeError(f"{self.title}: nothing found for {text}")

    def drag(self):
        """Drag a card to the next column."""
        self._call(
            "web_save",
            [self.drag_ids[self._next("drag")]],
            {"stage_id": self.stages[2]},
            specification=self.specs["kanban"],
        )

    def create(self):
        """Save a new record in the form."""
        self._call(
            "web_save",
            [],
            self.new_values[self._next("create")],
            specification=self.specs["form"],
        )

    def timed(self, operation: str) -> float | None:
        """Return the milliseconds of one operation, None where this user may not do it."""
        if operation in ("drag", "create") and not self.writes:
            return None
        start = time.perf_counter()
        getattr(self, operation)()
        return (time.perf_counter() - start) * 1000
