import pytz
from babel.dates import get_timezone_location
from markupsafe import Markup

from odoo import models
from odoo.fields import Domain
from odoo.tools import (
    babel_locale_parse,
    escape_psql,
    format_amount,
    format_date,
    format_datetime,
    html_sanitize,
    human_size,
)

from .call_hours import main_zone
from .crm_lead_customer_file import SHOWN_TYPES

# quotations that a customer may see; a cancelled one only if it had been sent
PROPOSAL_STATES = ("sent", "sale", "cancel")
MOST_CARDS = 50


class CrmLead(models.Model):
    """All that the customer sees of a lead, in plain words and values: what is not named here, no page can show."""

    _inherit = "crm.lead"

    # ------------------------------------------------------------
    # LANGUAGE AND CLOCK
    # ------------------------------------------------------------

    def _get_customer_language(self, *otherwise):
        """The client's language, else the one that the lead was written in, else one of ``otherwise``."""
        installed = dict(self.env["res.lang"].get_installed())
        wanted = (self.partner_id.lang, self.lang_id.code, *otherwise)
        return next((code for code in wanted if code in installed), self.env.lang or self.env.user.lang)

    def _for_customer(self):
        """This lead as its customer reads it, whoever is at work."""
        # sudo: a lead of no company may have been numbered in one that the user is not in
        zones = self.env["crm.call.zone"].sudo().with_company(self._get_customer_company())
        zone = main_zone(zones._map_lead_zones(self)[self.id])
        return self.with_context(lang=self._get_customer_language(), tz=zone)

    def _get_customer_company(self):
        return self.company_id or self.number_company_id

    def _get_our_name(self, name):
        """The name of one of ours as the customer sees it: users who were invited by mail may be called by their
        address."""
        return name if name and "@" not in name else self._get_customer_company().name

    # ------------------------------------------------------------
    # THE REQUEST
    # ------------------------------------------------------------

    def _get_customer_summary(self):
        """One line of the list of requests.

        :return: dict of texts: ``id``, ``number``, ``date``, ``request``, ``state`` (for a program) and ``state_text``
        """
        state = self._get_customer_state()
        return {
            "id": self.id,
            "number": self.number or "",
            "date": format_date(self.env, self._to_customer_clock(self.create_date).date(), date_format="long"),
            "request": (self.request or "").strip(),
            "state": state,
            "state_text": self._get_customer_state_text(state),
        }

    def _get_customer_view(self):
        """The page of a request.

        :return: dict of what :meth:`_get_customer_summary` has, ``name`` (of the customer), ``zone`` (whose time it
            is), ``proposals``, ``appointments`` and ``files``
        """
        return {
            **self._get_customer_summary(),
            "name": self._get_customer_salutation(),
            "zone": get_timezone_location(
                self.env.context.get("tz") or "UTC", locale=babel_locale_parse(self.env.lang), return_city=True
            ),
            "proposals": [self._format_proposal(order) for order in self._get_customer_proposals()],
            "appointments": self._format_customer_appointments(),
            "files": self._format_customer_files(self._get_customer_files()),
        }

    def _get_customer_salutation(self):
        return self.contact_name or self.partner_id.name or self.partner_name or ""

    def _get_customer_state(self):
        """How the request stands, as far as the customer is concerned."""
        if self.stage_type == "qualified" or self.proposal_status == "accepted":
            return "confirmed"
        if not self.active or self.stage_type in ("not_interested", "abandoned"):
            return "closed"
        return {"draft": "preparing", "sent": "proposed", "over": "over"}.get(self.proposal_status, "received")

    def _get_customer_state_text(self, state):
        return {
            "received": self.env._("We have received your request"),
            "preparing": self.env._("We are preparing proposals for you"),
            "proposed": self.env._("Our proposals are waiting for you"),
            "over": self.env._("Our proposals have ended"),
            "confirmed": self.env._("Confirmed"),
            "closed": self.env._("Closed"),
        }[state]

    def _to_customer_clock(self, moment):
        return pytz.utc.localize(moment).astimezone(pytz.timezone(self.env.context.get("tz") or "UTC"))

    # ------------------------------------------------------------
    # PROPOSALS AND APPOINTMENTS
    # ------------------------------------------------------------

    def _get_customer_proposals(self):
        """What was sent to this client; nothing of whoever was the client before.

        :return: sale.order, the newest first, those that can be accepted before the others
        """
        client = self.partner_id.commercial_partner_id
        orders = self.order_ids.filtered(
            lambda order: order.state in PROPOSAL_STATES and order.partner_id.commercial_partner_id == client
        )
        sent_ids = {
            event.data.get("order")
            for event in self.event_ids
            if event.kind == "proposal" and (event.data or {}).get("step") == "sent"
        }
        orders = orders.filtered(lambda order: order.state != "cancel" or order.id in sent_ids)
        return orders.sorted(lambda order: (order.state == "sent" and not order.is_expired, order.id), reverse=True)

    def _format_proposal(self, order):
        tax = order.amount_tax
        return {
            "name": order.name,
            "amount": format_amount(self.env, order.amount_total, order.currency_id),
            "tax": tax
            and self.env._("of which tax %(amount)s", amount=format_amount(self.env, tax, order.currency_id)),
            "is_open": order.state == "sent" and not order.is_expired,
            "is_confirmed": order.state == "sale",
            "validity": self._get_validity_text(order),
            "url": order.get_portal_url() if order.state != "cancel" else "",
        }

    def _get_validity_text(self, order):
        if order.state == "sale":
            return self.env._("Accepted")
        if order.state == "cancel":
            return self.env._("No longer on offer")
        if not order.validity_date:
            return ""
        date = format_date(self.env, order.validity_date, date_format="medium")
        if order.is_expired:
            return self.env._("Expired on %(date)s", date=date)
        return self.env._("Valid to %(date)s", date=date)

    def _format_customer_appointments(self):
        events = self.env["calendar.event"].sudo().search(
            [("opportunity_id", "=", self.id), ("appointment_state", "=", "booked")], order="start", limit=MOST_CARDS
        )  # fmt: skip
        return [
            {
                "when": event._for_customer()._format_appointment(),
                "with": self._get_our_name(event.user_id.name),
                "url": event._get_link_path(),
            }
            for event in events
            if event.appointment_token
            and event._is_upcoming()
            and event._find_by_link(event.id, event.appointment_token)
        ]

    # ------------------------------------------------------------
    # CONVERSATION
    # ------------------------------------------------------------

    def _get_customer_conversation_domain(self):
        """Of the conversation what this customer wrote and what was written to them: of whoever was taken for the
        client before, or writes on their own, nothing."""
        users = self.env["res.users"].sudo().with_context(active_test=False)
        desk = users._search([("share", "=", False)]).subselect("partner_id")
        own = Domain("id", "=", self.partner_id.id)
        if self.email_normalized:
            own |= Domain("email_normalized", "=", self.email_normalized)
        partners = self.env["res.partner"].sudo().with_context(active_test=False)._search(own)
        to_others = Domain("partner_ids", "any", Domain("id", "not in", desk)) & ~Domain("partner_ids", "in", partners)
        to_others |= Domain("outgoing_email_to", "!=", False) & ~self._get_address_domain("outgoing_email_to")
        on_page = Domain("email_from", "=", False) & Domain("written_by", "=", "customer")
        return self._get_conversation_domain() & (
            (Domain("author_id", "=", False) & (self._get_address_domain("email_from") | on_page))
            | Domain("author_id", "in", partners)
            | (Domain("author_id", "in", desk) & ~to_others)
        )

    def _get_address_domain(self, name):
        """Messages in whose field stands the address of the lead, with a name before it or not."""
        if not self.email_from:
            return Domain.FALSE
        domain = Domain(name, "=", self.email_from)
        if self.email_normalized:
            address = escape_psql(self.email_normalized)
            domain |= Domain(name, "=ilike", address) | Domain(name, "=ilike", f"%<{address}>")
        return domain

    def _format_for_customer(self, messages):
        """Messages of the conversation as the customer's page shows them.

        :return: list of dicts of ``id``, ``when`` (text), ``is_ours``, ``author``, ``body`` (Markup) and ``files``
        """
        own, zone = self.env._("You"), self.env.context.get("tz")
        ours = self._filter_from_desk(messages)
        formatted = []
        for message in messages:
            is_ours = message in ours
            formatted.append(
                {
                    "id": message.id,
                    "when": format_datetime(self.env, message.date, tz=zone or False, dt_format="short"),
                    "is_ours": is_ours,
                    "author": self._get_our_name(message.author_id.name) if is_ours else own,
                    "body": Markup(html_sanitize(message.body or "", strip_classes=True, sanitize_form=True)),
                    "files": self._format_customer_files(message.attachment_ids),
                }
            )
        return formatted

    def _format_customer_files(self, files):
        return [
            {
                "id": file.id,
                "name": file.name,
                "size": human_size(file.file_size),
                "is_shown": file.mimetype in SHOWN_TYPES,
            }
            for file in files
            if file.type == "binary"
        ]

    def _get_customer_files(self):
        """The files of the whole conversation, the newest first."""
        domain = self._get_customer_conversation_domain() & Domain("attachment_ids", "!=", False)
        messages = self.env["mail.message"].sudo().search(domain, order="id desc", limit=MOST_CARDS)
        return messages.attachment_ids.sorted("id", reverse=True)[:MOST_CARDS]

    def _has_customer_news(self, after):
        """Whether there is a message for the customer after that one."""
        domain = self._get_customer_conversation_domain() & Domain("id", ">", after)
        return bool(self.env["mail.message"].sudo().search_count(domain, limit=1))

    def _get_customer_last_id(self, up_to=None):
        """The last message that the customer can have seen.

        :param int up_to: no later one than this
        """
        domain = self._get_customer_conversation_domain()
        if up_to is not None:
            domain &= Domain("id", "<=", up_to)
        return self.env["mail.message"].sudo().search(domain, order="id desc", limit=1).id or 0


class ResPartner(models.Model):
    _inherit = "res.partner"

    # whose messages are the customer's is asked by the address, among however many contacts
    _email_normalized_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")
