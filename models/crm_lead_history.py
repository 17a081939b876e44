from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext

PAGE = 50
LONGEST_TEXT = 300
# what stands in the conversation at its time
CARD_KINDS = ("proposal", "order", "appointment", "appointment_move", "appointment_cancel", "dial")
MOST_CARDS = 100
# how the history can be filtered: kinds of events by what they tell of
HISTORY = {
    "stages": ("create", "stage", "conclude", "restore", "remove", "type", "succeed", "freeze", "wake", "abandon"),
    "proposals": ("proposal", "order"),
    "calls": ("call", "call_change", "call_undo", "recall_change", "dial"),
    "appointments": tuple(f"appointment{suffix}" for suffix in ("", "_move", "_cancel", "_no_show", "_came")),
}
# and the two sorts of messages; whatever event is none of the above is among "others"
MESSAGES, NOTES, OTHERS = "messages", "notes", "others"
TOPICS = {kind: topic for topic, kinds in HISTORY.items() for kind in kinds}


class CrmLead(models.Model):
    """The whole history of a lead: its events and its messages, one list by date."""

    _inherit = "crm.lead"

    @api.readonly
    def get_history(self, topic=False, before=None):
        """What happened to this lead, the latest first.

        :param str topic: ``messages``, ``notes``, ``stages``, ``proposals``, ``calls``, ``appointments`` or ``others``;
            all without it
        :param dict before: ``next`` of the page before
        :return: dict of ``rows``, dicts of ``key``, ``topic``, ``kind``, ``date`` (UTC), ``title``, ``text`` and
            ``user``, and ``next``, False where the history begins
        """
        self.ensure_one()
        self.check_access("read")
        if topic and topic not in {*HISTORY, MESSAGES, NOTES, OTHERS}:
            raise UserError(self.env._("There is no such filter."))
        before = before or {}
        # sudo: whoever of the company sees the lead sees its messages, less those for one person alone
        events = self.env["crm.lead.event"]
        messages = self.env["mail.message"].sudo()
        found = [
            *_search_before(events, self._get_event_domain(topic), before.get(events._name)),
            *_search_before(messages, self._get_history_message_domain(topic), before.get(messages._name)),
        ]
        found.sort(key=lambda record: (record.date, record._name, record.id), reverse=True)
        page = found[:PAGE]
        rows = {
            **self._format_events(events.union(*(record for record in page if record._name == events._name))),
            **self._format_messages(messages.union(*(record for record in page if record._name == messages._name))),
        }
        ends = {record._name: [fields.Datetime.to_string(record.date), record.id] for record in page}
        return {
            "rows": [rows[record] for record in page],
            "next": {**before, **ends} if len(found) > PAGE else False,
        }

    def _get_event_domain(self, topic):
        # a first act is a message, a meeting or an activity, which stands here itself
        domain = Domain("lead_id", "=", self.id) & Domain("kind", "!=", "act")
        if topic == OTHERS:
            return domain & Domain("kind", "not in", list(TOPICS))
        return domain & Domain("kind", "in", HISTORY.get(topic, ())) if topic else domain

    def _get_history_message_domain(self, topic):
        """What somebody wrote: no notifications of Odoo's, which tell of changes that are events, and nothing that was
        for one person alone."""
        told = Domain("model", "=", "crm.lead") & Domain("res_id", "=", self.id)
        said = Domain("message_type", "not in", ("notification", "user_notification")) | Domain(
            "mail_activity_type_id", "!=", False
        )
        conversation = self._get_conversation_domain()
        if not topic:
            return told & said
        if topic == MESSAGES:
            return conversation
        return told & said & ~conversation if topic == NOTES else Domain.FALSE

    def _format_events(self, events):
        kinds = dict(events._fields["kind"]._description_selection(self.env))
        return {
            event: {
                "key": f"event-{event.id}",
                "topic": TOPICS.get(event.kind, OTHERS),
                "kind": event.kind,
                "date": fields.Datetime.to_string(event.date),
                "title": kinds[event.kind],
                "text": event.summary or "",
                "user": event.sudo().user_id.name or "",
            }
            for event in events
        }

    def _format_messages(self, messages):
        lead = self.sudo()
        conversation = messages.filtered_domain(lead._get_conversation_domain())
        ours = lead._filter_from_desk(conversation)
        return {
            message: {
                "key": f"message-{message.id}",
                "topic": MESSAGES if message in conversation else NOTES,
                "kind": "note" if message not in conversation else "desk" if message in ours else "customer",
                "date": fields.Datetime.to_string(message.date),
                "title": self._get_message_title(message, conversation, ours),
                "text": self._get_message_text(message),
                "user": lead._get_author_name(message),
            }
            for message in messages
        }

    def _get_message_title(self, message, conversation, ours):
        if message not in conversation:
            return message.mail_activity_type_id.name or self.env._("Internal note")
        return self.env._("To the customer") if message in ours else self.env._("From the customer")

    def _get_message_text(self, message):
        text = " ".join(html2plaintext(message.body or "", include_references=False).split())
        text = f"{text[:LONGEST_TEXT]}…" if len(text) > LONGEST_TEXT else text
        return text or ", ".join(message.attachment_ids.mapped("name"))

    # ------------------------------------------------------------
    # IN THE CONVERSATION
    # ------------------------------------------------------------

    def _get_cards(self, messages, after=0, before=0, has_more=False):
        """What happened to proposals and appointments in the time of these messages of the lead; up to now, if they are
        the last ones.

        :return: list of dicts of ``id``, ``kind``, ``step``, ``date`` (UTC), ``text`` and ``user``
        """
        domain = Domain("lead_id", "=", self.id) & Domain("kind", "in", CARD_KINDS)
        bounds = self.env["mail.message"].sudo().browse([after or before]).exists() if after or before else None
        if bounds:
            domain &= Domain("date", ">=" if after else "<", bounds.date)
        if messages and has_more and not after:
            domain &= Domain("date", ">=", messages[0].date)
        return [
            {
                "id": event.id,
                "kind": event.kind,
                "step": (event.data or {}).get("step", ""),
                "date": fields.Datetime.to_string(event.date),
                "text": event.summary or "",
                "user": event.sudo().user_id.name or "",
            }
            for event in self.env["crm.lead.event"].search(domain, limit=MOST_CARDS).sorted("id")
        ]

    def _get_conversation_obstacle(self):
        """Why this customer can't be written to, in words; False if nothing is in the way. Lost and archived leads are
        answered as others are."""
        lead = self.sudo()
        if not lead._takes_customer():
            return self.env._("This lead was removed: nobody is written to.")
        if archived := lead._get_archived_problem():
            return archived
        if not (lead.partner_id.email_normalized or (not lead.partner_id and lead.email_normalized)):
            return self.env._("There is no e-mail address to write to. Add one to the lead first.")
        if lead.is_blacklisted or lead.partner_id.is_blacklisted:
            return self.env._("The customer's e-mail address is blacklisted: they asked for no more mails.")
        return False

    def _get_archived_problem(self):
        """Odoo sends archived contacts no mail, and says nothing of it."""
        client = self.partner_id
        if client and not client.active:
            return self.env._("The client is archived. Restore it first.")
        return ""


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    @api.model
    def _log_many(self, events, date=None):  # pylint: disable=missing-return
        """What stands in the conversation shows there at once."""
        super()._log_many(events, date)
        told = [lead.id for kind, lead, _data in events if kind in CARD_KINDS]
        self.env["crm.lead"].browse(told)._tell_conversation()


def _search_before(model, domain, before):
    """One page and one more of what was before, the latest first.

    :param before: date and id of the last one that is known
    """
    if before:
        date, record_id = before
        domain &= Domain("date", "<", date) | (Domain("date", "=", date) & Domain("id", "<", record_id))
    return model.search(domain, order="date desc, id desc", limit=PAGE + 1)
