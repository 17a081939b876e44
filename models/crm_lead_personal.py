from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

# Where a text can stand. Each stored field of these types of the models below has to be in one of the two lists.
TEXT_TYPES = ("char", "text", "html", "json", "properties")
# what tells who somebody is or what they said: it goes
PERSONAL_FIELDS = {
    "crm.lead": (
        "name", "contact_name", "partner_name", "email_from", "email_normalized", "email_domain_criterion", "email_cc",
        "phone", "phone_sanitized", "website", "function", "referred", "street", "street2", "zip", "city", "request",
        "description", "lead_properties", "type_properties", "access_token", "reveal_id",
    ),
    "crm.call": ("notes",),
    "crm.call.answer": ("answer",),
    "crm.lead.event": ("data",),  # but for figures, moments and the texts named below
    "crm.intake.request": ("payload", "headers", "error", "remarks", "fingerprint", "signature"),
}  # fmt: skip
# what counts, and tells nobody who it was: it stays
KEPT_FIELDS = {
    "crm.lead": ("number", "former_numbers"),
    "crm.call.answer": ("question",),
    "crm.intake.request": ("external_id", "content_type", "error_field"),
}
# texts of the log that are ours
KEPT_TEXTS = ("won_status", "client_status", "outcome", "agent", "from_agent", "action", "stage", "step", "act")
MOMENT = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?$"
# how a message links to leads (a pattern of PostgreSQL), and all numbers that stand in it, which is indexed
LINK = r"crm\.lead(?:/|&(?:amp;)?res_id=|. data-oe-id=.)(\d+)"
NUMBERS = r"regexp_split_to_array(body, '\D+')"
SUMMARY = "model IS NULL AND message_type = 'user_notification'"
# records of a lead that may have files
FURTHER_FILES = ("crm.call", "crm.consent", "crm.intake.request")
# what stands where a text is required
NOTHING = "–"


class MailMessage(models.Model):
    _inherit = "mail.message"

    _lead_summary_idx = models.Index(f"USING gin ({NUMBERS}) WHERE {SUMMARY}")


class CrmLead(models.Model):
    """What is personal about a lead, and how it goes: set by set in SQL, past tracking and synchronisation, which would
    write it down once more. Rows stay wherever something is counted."""

    _inherit = "crm.lead"

    def _erase_personal(self):
        """Clear all that says of whom these leads are. It can't be taken back."""
        self.env.flush_all()
        self._quietly()._track_finalize()  # now: at the end of the transaction the old values would come back
        self._erase_files_and_threads()
        self._erase_meetings()
        self._erase_log()
        self._erase_calls()
        self._erase_requests()
        self._erase_further()
        self._erase_dialogs()
        self._erase_fields()
        self.env.invalidate_all()

    def _erase_files_and_threads(self):
        """The threads of the leads, and of their numbers among the blocked ones; and the summaries that colleagues got
        of many leads at once, which belong to no document."""
        person = self.env["crm.person"]
        person._erase_threads("crm.lead", self.ids)
        self.env.cr.execute(
            SQL(
                """
                SELECT blocked.id FROM phone_blacklist blocked
                  JOIN crm_lead lead ON lead.phone_sanitized = blocked.number
                 WHERE lead.id = ANY(%s)
                """,
                self.ids,
            )
        )
        person._erase_threads("phone.blacklist", [blocked_id for (blocked_id,) in self.env.cr.fetchall()])
        self.env.cr.execute(
            SQL("SELECT data ->> 'lead' FROM crm_lead_event WHERE lead_id = ANY(%s) AND kind = 'merge'", self.ids)
        )
        merged = [lead_id for (lead_id,) in self.env.cr.fetchall() if lead_id]
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM mail_message
                 WHERE %(summary)s AND %(numbers)s && %(ids)s
                   AND EXISTS (SELECT FROM regexp_matches(body, %(link)s, 'g') AS link WHERE link[1] = ANY(%(ids)s))
                """,
                summary=SQL(SUMMARY),
                numbers=SQL(NUMBERS),
                ids=[*map(str, self.ids), *merged],
                link=LINK,
            )
        )
        person._erase_messages([message_id for (message_id,) in self.env.cr.fetchall()])

    def _erase_fields(self):
        """Fields that somebody has added by hand may say anything, so texts among them go, too."""
        manual = (
            name for name, field in self._fields.items() if field.manual and field.store and field.type in TEXT_TYPES
        )
        names = [name for name in PERSONAL_FIELDS["crm.lead"] if name in self._fields and name != "name"]
        values = [
            SQL("%s = NULL", SQL.identifier(name))
            for name in (*names, *manual, "partner_id", "again_lead_id", "date_access_end", "is_unread")
        ]
        self.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET name = COALESCE(number, %s), is_suppressed = FALSE, %s WHERE id = ANY(%s)",
                NOTHING,
                SQL(", ").join(values),
                self.ids,
            )
        )

    def _erase_log(self):
        """Of what an event holds numbers, moments and texts of ours stay: all that figures are made of."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lead_event
                   SET partner_id = NULL,
                       data = (
                           SELECT jsonb_object_agg(key, CASE jsonb_typeof(value) WHEN 'object'
                                                        THEN value - 'contact' - 'partner' ELSE value END)
                             FROM jsonb_each(data)
                            WHERE key <> 'client'
                              AND (jsonb_typeof(value) IN ('number', 'boolean', 'null')
                                   OR jsonb_typeof(value) = 'object' AND key IN ('before', 'after')
                                   OR key = 'first'
                                   OR jsonb_typeof(value) = 'string'
                                      AND (value #>> '{}' ~ %s
                                           OR key = ANY(%s)
                                           OR key = 'number' AND kind = 'merge'
                                           OR key = 'name' AND kind IN ('order', 'proposal')))
                       )
                 WHERE lead_id = ANY(%s) AND jsonb_typeof(data) = 'object'
                """,
                MOMENT,
                list(KEPT_TEXTS),
                self.ids,
            )
        )

    def _erase_calls(self):
        calls = SQL("(SELECT id FROM crm_call WHERE lead_id = ANY(%s))", self.ids)
        self.env.cr.execute(SQL("UPDATE crm_call SET notes = NULL WHERE lead_id = ANY(%s)", self.ids))
        self.env.cr.execute(
            SQL("UPDATE crm_call_answer SET answer = %s, number = NULL WHERE call_id IN %s", NOTHING, calls)
        )

    def _erase_meetings(self):
        self.env.cr.execute(
            SQL(
                """
                UPDATE calendar_event event
                   SET name = COALESCE(lead.number, %s), description = NULL, notes = NULL, location = NULL,
                       videocall_location = NULL, access_token = NULL, appointment_token = NULL
                  FROM crm_lead lead
                 WHERE lead.id = event.opportunity_id AND lead.id = ANY(%s)
             RETURNING event.id
                """,
                NOTHING,
                self.ids,
            )
        )
        self.env["crm.person"]._erase_attendees([event_id for (event_id,) in self.env.cr.fetchall()])

    def _erase_requests(self):
        """The journal of the intake, and what other systems were or are going to be told."""
        requests = self.env["crm.intake.request"].sudo()
        of_leads = Domain("lead_id", "in", self.ids) | Domain("original_id.lead_id", "in", self.ids)
        requests.search(of_leads & Domain("is_erased", "=", False))._erase()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_webhook_delivery SET body = (body::jsonb - 'client')::text
                 WHERE lead_id = ANY(%s) AND body LIKE %s
                """,
                self.ids,
                '%"client"%',
            )
        )

    def _erase_further(self):
        """Proofs of consents, also of those that were copied to a client, clients who were found to be somebody else,
        and other leads of the same person."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_consent SET proof = NULL
                 WHERE lead_id = ANY(%(ids)s)
                    OR source_consent_id = ANY(ARRAY(SELECT id FROM crm_consent WHERE lead_id = ANY(%(ids)s)))
                """,
                ids=self.ids,
            )
        )
        self.env.cr.execute(SQL("DELETE FROM crm_lead_refused_client_rel WHERE lead_id = ANY(%s)", self.ids))
        self.env.cr.execute(SQL("UPDATE crm_lead SET again_lead_id = NULL WHERE again_lead_id = ANY(%s)", self.ids))
        # what an import called them may be a name; ids that modules gave are found again when these are updated
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM ir_model_data
                 WHERE model = 'crm.lead' AND res_id = ANY(%s)
                   AND module NOT IN (SELECT name FROM ir_module_module WHERE state = 'installed')
                """,
                self.ids,
            )
        )
        for model in FURTHER_FILES:
            self.env["crm.person"]._erase_files_of(model, SQL("lead_id = ANY(%s)", self.ids))

    def _erase_dialogs(self):
        """Whatever dialog is open on them: a call, a message that is being written ..."""
        self.env["crm.person"]._erase_dialogs("crm.lead", self.ids)
