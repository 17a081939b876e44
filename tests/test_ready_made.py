from odoo.tools import SQL, convert_file

from .common import LeadCase

NAMES = {
    "crm.call.outcome": [
        "Interested: sale",
        "Appointment",
        "Call back",
        "No answer",
        "Not interested",
        "Busy",
        "Voicemail",
        "Wrong number",
        "Do not call again",
        "Not reachable",
    ],
    "crm.consent.purpose": ["Contact about the request", "Marketing", "Profiling"],
    "crm.lead.channel": ["Call", "SMS", "WhatsApp", "Viber"],
    "crm.intake.channel": ["Tabela Ofert", "Obido", "rynekpierwotny.pl"],
    "crm.removal.reason": ["Spam", "Test", "Entered by mistake"],
}


class TestReadyMade(LeadCase):
    """Ready-made rows come once, with the installation or with the update that brings their list; from then on they
    are their managers'."""

    def _load(self, model, mode):
        """The data file, as an installation (``init``) or an update loads it.

        :return: the ready-made rows
        """
        convert_file(self.env, "crm_lead_lifecycle", f"data/{model._table}_data.xml", {}, mode=mode)
        return model.with_context(active_test=False).search([])

    def _each(self):
        """Each list as in an installation that has never had a row of it, with the names of its ready-made rows."""
        self.env["crm.lead"].with_context(active_test=False).search([("removal_reason_id", "!=", False)]).unlink()
        self.env["crm.consent"].search([]).unlink()
        self.env["crm.intake.request"].search([]).unlink()
        self.env["crm.call"].search([])._confirmed().unlink()
        for name, names in NAMES.items():
            model = self.env[name]
            model.with_context(active_test=False).search([]).unlink()
            self.env.cr.execute(SQL("ALTER SEQUENCE %s RESTART", SQL.identifier(f"{model._table}_id_seq")))
            with self.subTest(name):
                yield model, names

    def test_update_brings_them_where_there_have_never_been_any(self):
        for model, names in self._each():
            self.assertEqual(self._load(model, "update").mapped("name"), names)
            self.assertEqual(len(self._load(model, "update")), len(names))

    def test_update_does_not_bring_back_what_was_deleted(self):
        for model, names in self._each():
            self._load(model, "init")[0].unlink()
            self.assertEqual(self._load(model, "update").mapped("name"), names[1:])
            self._load(model, "update").unlink()
            self.assertFalse(self._load(model, "update"))

    def test_update_leaves_what_managers_have_changed(self):
        for model, _names in self._each():
            self._load(model, "init")[0].name = "In our own words"
            self.assertIn("In our own words", self._load(model, "update").mapped("name"))
