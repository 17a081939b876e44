import base64
import io
import zipfile
from datetime import timedelta

from markupsafe import Markup

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from .call_common import CallCase

SECRETS = ("Ottavia", "3337654321", "333 7654321", "ottavia", "Secretname", "Hiddenplace")
# by which reports group leads; numbers of leads stay the same in all of them
GROUPED = (
    "stage_id", "stage_type", "lead_type_id", "source_id", "campaign_id", "user_id", "team_id", "lost_reason_id",
    "removal_reason_id", "client_status", "won_status", "type", "country_id", "company_id", "lead_location_id",
    "date_closed:month", "create_date:month", "target_year",
)  # fmt: skip


class PrivacyCase(CallCase):
    """A lead of somebody of whom all sorts of things are known, in all places that the module has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": False, "mail_notrack": False})
        cls.company = cls.company.with_env(cls.env)
        cls.company.lead_anonymise_days = 30
        cls.source = cls.env["utm.source"].create({"name": "Fair of tents"})
        cls.lead_type.property_definition = [{"name": "wish", "type": "char", "string": "Wish"}]

    @classmethod
    def _known_lead(cls, **values):
        """A lead with personal data in every place."""
        lead = cls._lead(
            **{
                "name": "Secretname asks",
                "contact_name": "Ottavia Secretname",
                "partner_name": "Secretname Ltd",
                "email_from": "ottavia@example.org",
                "phone": "+39 333 7654321",
                "street": "Hiddenplace 1",
                "city": "Hiddenplace",
                "request": "I am Ottavia",
                "description": "<p>Ottavia again</p>",
                "website": "https://secretname.example",
                "function": "Secretname",
                "source_id": cls.source.id,
                "country_id": cls.env.ref("base.it").id,
                "target_year": 2027,
                "type_properties": {"wish": "near Hiddenplace"},
                **values,
            }
        )
        lead.message_post(body="To Ottavia", subject="Ottavia", message_type="comment", subtype_xmlid="mail.mt_comment")
        lead.message_post(body="Ottavia is loud", attachments=[("Ottavia.txt", b"Ottavia Secretname")])
        lead._post_from_customer("Ottavia here")
        lead.city = "Near Hiddenplace"
        lead.contact_name = "Ottavia Secretname Junior"
        cls.env["ir.attachment"].create(
            {"name": "ottavia.pdf", "raw": b"Ottavia", "res_model": "crm.lead", "res_id": lead.id}
        )
        lead.activity_schedule("mail.mail_activity_data_todo", summary="Ask Ottavia", note="Ottavia")
        done = lead.activity_schedule("mail.mail_activity_data_call", summary="Ring Ottavia", user_id=cls.user_own.id)
        done.action_feedback(feedback="Ottavia said no")
        cls.env["calendar.event"].create(
            {
                "name": "Ottavia at Hiddenplace",
                "start": fields.Datetime.now(),
                "stop": fields.Datetime.now() + timedelta(hours=1),
                "opportunity_id": lead.id,
                "location": "Hiddenplace",
                "description": "<p>Ottavia</p>",
                "notes": "<p>Ottavia</p>",
            }
        )
        lead.consent_ids = [
            Command.create(
                {
                    "purpose_id": cls.env["crm.consent.purpose"].create({"name": "News"}).id,
                    "proof": "Letter of Ottavia",
                }
            )
        ]
        channel = cls.env["crm.intake.channel"].create({"name": "Site", "code": f"site-{lead.id}"})
        cls.env["crm.intake.request"].create(
            {
                "channel_id": channel.id,
                "payload": '{"name": "Ottavia"}',
                "headers": {"from": "ottavia@example.org"},
                "remarks": "Ottavia",
                "lead_id": lead.id,
                "state": "done",
            }
        )
        call = cls.env["crm.call"].sudo()._confirmed().create(
            {
                "lead_id": lead.id,
                "user_id": cls.operator.id,
                "outcome_id": cls.no_answer.id,
                "date_start": fields.Datetime.now(),
                "date_end": fields.Datetime.now(),
                "notes": "Ottavia was out",
                "answer_ids": [Command.create({"question": "Who?", "answer": "Ottavia", "number": 3337654321})],
            }
        )  # fmt: skip
        log = cls.env["crm.lead.event"]
        log._log(
            "call",
            {
                lead: {
                    "call": call.id,
                    "outcome": "No answer",
                    "recall_at": "2026-11-26 10:00:00",
                    "effects": {"blocked": "+393337654321"},
                }
            },
        )
        log._log("call_change", {lead: {"call": call.id, "changes": [["Notes", "Ottavia", "Secretname"]]}})
        log._log("dial", {lead: {"number": "+393337654321"}})
        log._log("appointment", {lead: {"agent": "Gina", "time": "2026-11-26 10:00:00", "mail": "ottavia@example.org"}})
        log._log("merge", {lead: {"number": "LEAD/1", "name": "Ottavia", "properties": {"Wish": "Hiddenplace"}}})
        webhook = cls.env["crm.webhook"].create(
            {"name": "Shop", "url": "https://shop.example", "event_ids": cls.env["crm.webhook.event"].search([]).ids}
        )
        cls.env["crm.webhook.delivery"].sudo().create(
            {
                "webhook_id": webhook.id,
                "key": f"key-{lead.id}",
                "event_id": webhook.event_ids[0].id,
                "lead_id": lead.id,
                "body": '{"number": "7", "client": {"phone": "+393337654321", "contact_name": "Ottavia"}}',
            }
        )
        colleague = cls.user_own.partner_id
        for body in (
            f'<a data-oe-model="crm.lead" data-oe-id="{lead.id}" href="#">Secretname asks</a>',
            f'<a href="https://desk.example/mail/view?model=crm.lead&amp;res_id={lead.id}">Ottavia</a>',
        ):
            cls.env["mail.thread"].message_notify(partner_ids=colleague.ids, subject="Two leads", body=Markup(body))
        return lead

    def _find_secrets(self, lead=None):
        """Every table and column where something of the person still stands."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT table_name, column_name FROM information_schema.columns
             WHERE table_schema = 'public' AND data_type IN ('character varying', 'text', 'jsonb', 'json')
               AND table_name IN (SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE')
            """
        )
        found = []
        pattern = "|".join(SECRETS)
        for table, column in self.env.cr.fetchall():
            self.env.cr.execute(f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ~ %s', [pattern])
            if self.env.cr.fetchone()[0]:
                found.append(f"{table}.{column}")
        return sorted(found)

    def _age(self, lead, days=31, **values):
        moment = fields.Datetime.now() - timedelta(days=days)
        self._set_in_database(lead, date_closed=moment, date_customer_wrote=moment, **values)

    def _lost(self, **values):
        lead = self._known_lead(**values)
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self._age(lead)
        return lead

    def _anonymise(self):
        self.env["crm.lead"]._cron_anonymise()
        self.env.cr.flush()  # what Odoo does at the end of a transaction, too
        self.env.invalidate_all()

    def _counts_by_group(self):
        self.env.cr.flush()
        leads = self.env["crm.lead"].with_context(active_test=False)
        groups = {name: leads._read_group([], [name], ["__count"]) for name in GROUPED}
        others = {
            model: self.env[model].sudo().with_context(active_test=False).search_count([])
            for model in (
                "crm.lead",
                "crm.call",
                "crm.call.answer",
                "mail.message",
                "calendar.event",
                "crm.consent",
                "crm.intake.request",
                "crm.webhook.delivery",
            )
        }
        done = self.env["mail.activity"].with_context(active_test=False).search_count([("active", "=", False)])
        kinds = self.env["crm.lead.event"]._read_group([("kind", "!=", "anonymise")], ["kind"], ["__count"])
        stages = self.env["mail.tracking.value"].sudo().search_count([("field_id.name", "=", "stage_id")])
        calls = self.env["crm.call"]._read_group([], ["outcome_id"], ["__count", "minutes:sum"])
        activities = self.env["crm.activity.report"].sudo().search_count([])
        return (
            {name: str(group) for name, group in groups.items()},
            others,
            done,
            str(kinds),
            stages,
            str(calls),
            activities,
        )


EMAIL, PHONE = "ottavia@example.org", "+39 333 7654321"


class PersonCase(PrivacyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = new_test_user(
            cls.env,
            "person_officer",
            "crm_lead_lifecycle.group_person_officer",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.client = cls.env["res.partner"].create(
            {
                "name": "Ottavia Secretname",
                "email": EMAIL,
                "phone": PHONE,
                "street": "Hiddenplace 1",
                "comment": "<p>Ottavia</p>",
                "client_phone_ids": [Command.create({"phone": "+39 333 7654322", "label": "Ottavia"})],
            }
        )
        cls.lead = cls._known_lead(partner_id=cls.client.id)

    def _request(self, lead=None, partner=None, purpose="erase", user=None):
        requests = self.env["crm.person.request"].with_user(user or self.officer)
        return requests.create({"lead_id": lead and lead.id, "partner_id": partner and partner.id, "purpose": purpose})

    def _unpack(self, request):
        return zipfile.ZipFile(io.BytesIO(base64.b64decode(request.file)))

    def _found(self, request):
        return {
            (line.lead_id or line.partner_id).with_env(self.env): (line.reason, line.is_chosen)
            for line in request.line_ids
        }

    def _erase(self, lead=None, partner=None):
        action = self._request(lead, partner).action_erase()
        self.env.cr.flush()  # what Odoo does at the end of a transaction, too
        self.env.invalidate_all()
        return action["params"]["message"]

    def _order(self, confirm=False, **values):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.client.id,
                "opportunity_id": self.lead.id,
                "order_line": [Command.create({"product_id": self.product.id})],
                **values,
            }
        )
        if confirm:
            order.action_confirm()
        return order
