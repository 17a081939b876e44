from odoo.exceptions import AccessError
from odoo.tests import Form

from .test_consent import ConsentCase


class TestConsentDialog(ConsentCase):
    """The dialog that makes a client shows what the inquirer has consented to, and takes what is said besides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.consent.purpose"].search([("id", "not in", (cls.marketing + cls.profiling).ids)]).active = False
        cls.lead = cls._lead(contact_name="Bea Neri", phone="+39 333 0000001")

    def _dialog(self, lead=None, user=None):
        return (
            self.env["crm.lead.link.client"]
            .with_user(user or self.user_own)
            .create({"lead_id": (lead or self.lead).id})
        )

    def _lines(self, dialog):
        return {line.purpose_id.with_env(self.env): (line.state, line.proof) for line in dialog.consent_ids}

    def test_prefilled_with_the_last_words_on_the_lead(self):
        self._consent(self.lead, "given", days_ago=2, proof="Form")
        self._consent(self.lead, "withdrawn", days_ago=1, proof="Phone call")
        lines = self._lines(self._dialog())
        self.assertEqual(lines, {self.marketing: ("withdrawn", "Phone call"), self.profiling: (False, False)})

    def test_archived_purpose_is_shown_where_it_was_consented_to(self):
        self.profiling.active = False
        self.assertEqual(list(self._lines(self._dialog())), [self.marketing])
        self._consent(self.lead, purpose_id=self.profiling.id)
        self.assertEqual(list(self._lines(self._dialog())), [self.marketing, self.profiling])

    def test_what_is_left_alone_is_copied_and_not_recorded_again(self):
        consent = self._consent(self.lead, days_ago=2, proof="Form")
        client = self._client_of(self._dialog().action_create())
        self.assertEqual(self.lead.consent_ids, consent)
        self.assertEqual(client.consent_ids.source_consent_id, consent)

    def test_a_double_click_records_once(self):
        dialog = self._dialog()
        dialog.consent_ids[0].state = "given"
        first, second = dialog.action_create(), dialog.action_create()
        self.assertEqual(first["res_id"], second["res_id"])
        self.assertEqual(len(self.lead.consent_ids), 1)

    def test_what_is_changed_is_recorded_on_the_lead_and_copied(self):
        consent = self._consent(self.lead, days_ago=2, proof="Form")
        with Form(self._dialog()) as form:
            with form.consent_ids.edit(0) as line:
                line.state = "withdrawn"
            with form.consent_ids.edit(1) as line:
                line.state = "given"
                line.proof = "Said so on the phone"
        client = self._client_of(form.record.action_create())
        new = (self.lead.consent_ids - consent).sorted("id")
        self.assertEqual(
            [(line.purpose_id, line.state, line.proof, line.user_id) for line in new],
            [
                (self.marketing, "withdrawn", False, self.user_own),
                (self.profiling, "given", "Said so on the phone", self.user_own),
            ],
        )
        self.assertEqual(self._current(client), {self.marketing: "withdrawn", self.profiling: "given"})

    def test_nothing_stays_of_a_dialog_that_is_refused(self):
        dialog = self._dialog()
        dialog.consent_ids[0].state = "given"
        dialog.write({"client_phone": False, "client_email": False})
        with self.assertRefuses("needs an e-mail address or a phone number"):
            dialog.action_create()
        self.assertFalse(self.lead.consent_ids)

    def test_a_recorded_consent_is_not_emptied(self):
        consent = self._consent(self.lead)
        dialog = self._dialog()
        dialog.consent_ids[0].state = False
        self.assertEqual(self._client_of(dialog.action_create()).consent_ids.source_consent_id, consent)

    def test_many_leads_at_once_take_theirs_along(self):
        consent = self._consent(self.lead)
        dialog = self.env["crm.lead.link.client.mass"].with_user(self.user_own).create({"lead_ids": self.lead.ids})
        dialog.line_ids.decision = "create"
        dialog.action_apply()
        self.assertEqual(self.lead.partner_id.consent_ids.source_consent_id, consent)

    def test_lines_of_somebody_else_are_out_of_reach(self):
        self._consent(self.lead)
        lines = self._dialog(user=self.user_all).consent_ids
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            lines.with_user(self.user_own).read(["state"])
        forged = self._dialog().consent_ids[1]
        forged.consent_id = self._consent(self._lead(user_id=self.user_all.id))
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            forged.read(["recorded_state"])

    def _client_of(self, action):
        self.env.invalidate_all()
        return self.env[action["res_model"]].browse(action["res_id"])
