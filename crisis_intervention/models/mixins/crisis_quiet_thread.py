from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# Marks what the system itself says; clients can send the key, but never this object.
TELLING = object()
# When a record happened: the field, the first of these that is filled in.
DATES = (
    "date_start",
    "date",
    "observed_at",
    "noticed_at",
    "date_sent",
    "date_return",
    "date_active",
)


class CrisisQuietThread(models.AbstractModel):
    """Discussion thread that never carries content out of the record.

    Mails and pushes only say that something waits; people without access to a record are never
    told of it; free text is not accepted, because everybody who reads the record reads its
    messages, whatever the groups of its fields.
    """

    _name = "crisis.quiet.thread"
    _description = "Quiet Thread"
    _inherit = ["crisis.record", "mail.thread", "mail.activity.mixin"]

    @api.model
    def _read_group_groupby(self, alias, groupby_spec, query):
        """Refuse to group by a field that the user may not read.

        Odoo checks this for columns, but not for many2many fields.
        """
        field = self._fields[groupby_spec.split(":")[0].split(".")[0]]
        self._check_field_access(field, "read")
        return super()._read_group_groupby(alias, groupby_spec, query)

    @api.model
    def _no_files_message(self):
        """Return what to say to somebody who attaches a file where the model takes none."""
        return self.env._(
            "Files cannot be attached here: everybody who may see the result would see "
            "them. Transcribe the paper form instead, and keep it in the file cabinet."
        )

    def _readable_by(self, users):
        """Return those of ``users`` who may read all records of ``self`` in their own companies."""
        return users.filtered(
            lambda user: (
                self.with_user(user)
                .with_context(allowed_company_ids=list(user._get_company_ids()))
                .sudo(False)
                .has_access("read")
            )
        )

    def _end_activities(self, activity_type=None, users=None):
        """Take activities off these records, also those of others: what they asked for is over.

        :param str activity_type: full XML id of the type of those that end, as far as the system
            has planned them; by default all end
        :param users: ``res.users`` whose activities end; by default everybody's
        """
        # sudo: mail.activity - callers have checked who acts; they are all about these records
        activities = self.sudo().activity_ids
        if activity_type:
            kind = self.env.ref(activity_type)
            activities = activities.filtered(
                lambda activity: activity.activity_type_id == kind and activity.automated
            )
        if users is not None:
            activities = activities.filtered(lambda activity: activity.user_id in users)
        activities.unlink()

    def message_post(self, *, message_type="notification", **kwargs):
        """Refuse what people say: it belongs into a record of the right audience.

        :raises AccessError: a client posts, as whatever kind of message and in whoever's name
        """
        if not self.env.su or message_type in ("comment", "email", "email_outgoing"):
            raise AccessError(self._no_words_message())
        kwargs["partner_ids"] = self._partners_with_access(kwargs.get("partner_ids"))
        return super().message_post(message_type=message_type, **kwargs)

    def _message_update_content(self, message, /, **kwargs):  # pylint: disable=method-required-super
        """Refuse to edit messages: they tell what happened.

        :raises UserError: always
        """
        raise UserError(self.env._("Messages here are written by the system and never changed."))

    @api.model
    def _no_words_message(self):
        """Return what to say to somebody who would write into the discussion of a record."""
        return self.env._(
            "Messages cannot be written here, because everybody who may open this record "
            "would read them. Write it into the field or record it belongs to, or plan "
            "an activity."
        )

    @api.model
    def message_new(self, msg_dict, custom_values=None):  # pylint: disable=method-required-super
        """Refuse to begin records by mail.

        :raises AccessError: always
        """
        raise AccessError(self._no_words_message())

    def message_update(self, msg_dict, update_vals=None):  # pylint: disable=method-required-super
        """Refuse to write into records by mail.

        :raises AccessError: always
        """
        raise AccessError(self._no_words_message())

    def _message_create(self, values_list):
        """Write messages as the system does: who may have them written was decided before."""
        # sudo: mail.message - of these records, for which nobody else has the right
        messages = super(CrisisQuietThread, self.sudo())._message_create(values_list)
        return messages.with_env(self.env)

    def _tell_people(self, **kwargs):
        """Let the system tell people of this record; for the arguments see ``message_notify``."""
        return self.with_context(crisis_telling=TELLING).message_notify(**kwargs)

    def message_notify(self, *, partner_ids=False, **kwargs):
        """Notify only those who may read the record: naming somebody opens a message for good.

        :raises AccessError: a client would tell somebody something
        """
        if not self.env.su and self.env.context.get("crisis_telling") is not TELLING:
            raise AccessError(self._no_words_message())
        self.check_access("read")
        partner_ids = self._partners_with_access(partner_ids)
        return super().message_notify(partner_ids=partner_ids, **kwargs)

    def _partners_with_access(self, partner_ids):
        """Return the ids of those partners whose users may read the record."""
        # sudo: res.users - finds the users behind the partners, nothing of them leaves the method
        users = self.env["res.users"].sudo().search([("partner_id", "in", partner_ids or [])])
        return self._readable_by(users).partner_id.ids

    def _message_auto_subscribe(self, updated_values, followers_existing_policy="skip"):
        """Subscribe nobody by itself: owners are told by their activities."""
        return True

    def _message_subscribe(  # pylint: disable=method-required-super
        self, partner_ids=None, subtype_ids=None, customer_ids=None
    ):
        """Let nobody follow: every employee could read who does, and so of which records there are."""
        return True

    def _compute_field_value(self, field):
        """Track what is computed whatever the client asks for, see ``_heard``."""
        return super(CrisisQuietThread, self._heard())._compute_field_value(field)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Drop everybody who may not read the record."""
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        users = self.env["res.users"].browse([r["uid"] for r in recipients if r["uid"]])
        allowed = set(self._readable_by(users).ids)
        return [recipient for recipient in recipients if recipient["uid"] in allowed]

    def _notify_thread_by_email(self, message, recipients_data, **kwargs):
        """Send a bare pointer; super() is not called, as it would send body and record name."""
        partner_ids = [r["id"] for r in recipients_data if r["notif"] == "email"]
        # sudo: res.partner - language of the recipients only
        partners = self.env["res.partner"].sudo().browse(partner_ids)
        self._send_pointers(partners, f"/mail/view?model={self._name}&res_id={self.id}")
        return True

    @api.model
    def _send_pointers(self, partners, path, emergency=None):
        """Mail ``partners`` that something waits, each in the own language, with a link.

        :param partners: ``res.partner`` records
        :param str path: what the link leads to, without the address of the server
        :param emergency: the one that it is about, whose board tells what is not sent
        """
        url = f"{self.get_base_url()}{path}"
        values = []
        for lang, group in partners.grouped("lang").items():
            env = self.with_context(lang=lang or self.env.lang).env
            sentence = env._("Something in the crisis intervention system waits for you.")
            label = env._("Sign in and open it")
            body = Markup("<p>%s</p><p><a href='%s'>%s</a></p>") % (sentence, url, label)
            values += [
                {
                    "subject": sentence,
                    "body_html": body,
                    "recipient_ids": [(6, 0, partner.ids)],
                    "auto_delete": True,
                }
                for partner in group
            ]
        # sudo: mail.mail - whoever acts needs no right on outgoing mails; they hold no content
        mails = self.env["mail.mail"].sudo().with_context(default_state=None).create(values)
        self.env["crisis.sending"]._enter(mails, emergency)
        # sudo: ir.cron - wakes Odoo's mail queue, so that no mail server can hold up a report
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _notify_by_web_push_prepare_payload(self, message, msg_vals=False, force_record_name=False):
        """Push a bare pointer: the payload travels over the servers of browser makers."""
        payload = super()._notify_by_web_push_prepare_payload(
            message, msg_vals=msg_vals, force_record_name=force_record_name
        )
        payload["title"] = self.env._("Crisis Intervention")
        payload["options"]["body"] = self.env._(
            "Something in the crisis intervention system waits for you."
        )
        return payload

    def _check_printable(self, report):
        """Refuse documents that must not be printed now.

        :param str report: name of the report
        :raises UserError: says why
        """

    def _one_page_sizes(self, report):
        """Return the sizes of type in which to try to fit a document on one page; [] for others.

        :param str report: name of the report
        """
        return []

    def _document_date(self):
        """Return the day this record stands under in a case file."""
        self.ensure_one()
        name = next((n for n in DATES if n in self._fields and self[n]), "create_date")
        moment = self[name]
        if self._fields[name].type == "datetime":
            moment = fields.Datetime.context_timestamp(self, moment).date()
        return moment
