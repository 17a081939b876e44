import json
from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .privacy_common import EMAIL, PHONE, PersonCase


@tagged("post_install", "-at_install")
class TestPersonExport(PersonCase):
    """All that is known of a person, as a file to be given out."""

    def _export(self, lead=None, partner=None):
        request = self._request(lead, partner, purpose="export")
        action = request.action_export()
        self.assertEqual(action["res_id"], request.id)
        return json.loads(self._unpack(request).read("person.json")), request

    def test_all_that_is_known(self):
        self._order(confirm=True)
        content, request = self._export(self.lead)
        self.assertEqual(request.file_name, f"{self.lead.number.replace('/', '-')}.zip")
        lead = content["Leads"][0]
        self.assertEqual((lead["Contact Name"], lead["Number"]), ("Ottavia Secretname Junior", self.lead.number))
        self.assertEqual(lead["Further values"], {"Wish": "near Hiddenplace"})
        self.assertIn("Ottavia Secretname", lead["History"][0]["As received"])
        self.assertEqual(content["Contacts"][0]["Name"], "Ottavia Secretname")
        texts = {message.get("Text"): message["Internal note"] for message in content["Messages"]}
        self.assertEqual((texts["Ottavia here"], texts["Ottavia is loud"]), (False, True))
        call = content["Calls"][0]
        self.assertEqual((call["Notes"], call["Answers"]), ("Ottavia was out", {"Who?": "Ottavia"}))
        self.assertEqual(content["Consents"][0]["Proof"], "Letter of Ottavia")
        self.assertIn("Ottavia", content["Requests from outside"][0]["What Was Sent"])
        self.assertEqual(len(content["Orders"]), 1)
        (path,) = [path for path in content["Files"] if path.endswith("Ottavia.txt")]
        archive = self._unpack(request)
        self.assertEqual(archive.read(path), b"Ottavia Secretname")
        self.assertEqual({*archive.namelist()}, {"person.html", "person.json", *content["Files"]})
        self.assertIn("+39 333 7654322", content["Contacts"][0]["Other Phones"])
        self.assertIn(self.product.name, content["Orders"][0]["Order Lines"][0])
        self.assertIn("Ottavia said no", str(content["Activities"]))
        self.assertIn(
            "Ottavia at Hiddenplace", [meeting["Meeting Subject"] for meeting in content["Appointments and meetings"]]
        )

    def test_the_page_shows_what_was_written_and_runs_nothing(self):
        self.lead.request = "<script>alert(1)</script>"
        _content, request = self._export(self.lead)
        page = self._unpack(request).read("person.html").decode()
        self.assertIn("Ottavia Secretname Junior", page)
        self.assertIn("&lt;script&gt;alert(1)", page)
        self.assertNotIn("<script>", page)

    def _meeting(self, **values):
        return self.env["calendar.event"].create(
            {
                "name": "Between us about Ottavia",
                "start": fields.Datetime.now(),
                "stop": fields.Datetime.now() + timedelta(hours=1),
                "user_id": self.user_own.id,
                "partner_ids": [Command.set((self.client + self.user_own.partner_id).ids)],
                **values,
            }
        )

    def test_private_meetings_of_colleagues_stay_private(self):
        self._meeting(privacy="private")
        content, _request = self._export(self.lead)
        self.assertNotIn("Between us", str(content))
        self.assertEqual(len(content["Appointments and meetings"]), 2)

    def _talk_about(self, meeting):
        """Something in each place that a thread has for words and files."""
        on = {"res_model": meeting._name, "res_id": meeting.id}
        of_message, own = self.env["ir.attachment"].create(
            [{"name": "plan.txt", "raw": b"plan"}, {"name": "list.txt", "raw": b"list", **on}]
        )
        meeting.message_post(body="Our plan", attachment_ids=of_message.ids)
        of_message.write({"res_model": False, "res_id": False})
        return ("Our plan", "plan.txt", "list.txt")

    def test_nothing_of_what_was_said_about_private_meetings(self):
        said = self._talk_about(self._meeting(opportunity_id=self.lead.id))
        content, _request = self._export(self.lead)
        for words in said:
            self.assertIn(words, str(content))
        meeting = self.env["calendar.event"].search([("name", "=", "Between us about Ottavia")])
        for private in ({"privacy": "private"}, {"privacy": False}):
            meeting.write(private)
            colleague = self.user_own.with_user(self.user_own)
            colleague.calendar_default_privacy = "public" if private["privacy"] else "private"
            content, request = self._export(self.lead)
            for words in (*said, "Between us"):
                self.assertNotIn(words, str(content))
            self.assertFalse([name for name in self._unpack(request).namelist() if "plan" in name or "list" in name])
        self._erase(self.lead)
        self.assertFalse(meeting.message_ids.filtered("body"), "it is erased all the same")

    def _add_field(self, model, name, **values):
        self.env["ir.model.fields"].create(
            {
                "model_id": self.env["ir.model"]._get_id(model),
                "name": name,
                "ttype": "char",
                "field_description": name,
                **values,
            }
        )

    @mute_logger("odoo.addons.base.models.ir_model")  # two fields with one label
    def test_fields_that_were_added_by_hand(self):
        self.addCleanup(self.registry.reset_changes)
        for model in ("crm.lead", "res.partner", "calendar.event"):
            self._add_field(model, "x_habit", field_description="Habit")
        self._add_field("crm.lead", "x_phone", field_description="Phone")
        self._add_field("res.partner", "x_friend", ttype="many2one", relation="res.partner")
        self._add_field("res.partner", "x_picture", ttype="binary")
        self.lead.write({"x_habit": "Comes in May", "x_phone": "by day only"})
        self.client.write({"x_habit": "Has a dog", "x_friend": self.user_own.partner_id.id, "x_picture": b"eA=="})
        self._meeting(privacy="private", x_habit="Ours alone")
        content, _request = self._export(self.lead)
        (lead,), (contact,) = content["Leads"], content["Contacts"]
        self.assertEqual((lead["Habit"], contact["Habit"]), ("Comes in May", "Has a dog"))
        self.assertEqual((lead["Phone"], lead["Phone (x_phone)"]), (self.lead.phone, "by day only"))
        self.assertEqual(contact["x_friend"], self.user_own.partner_id.display_name)
        self.assertNotIn("x_picture", contact)
        self.assertNotIn("Ours alone", str(content))

    def test_properties_and_the_number_in_a_register(self):
        self.client.company_registry = "REA 4711"
        self.client.properties = [
            {"name": "tent", "type": "char", "string": "Tent", "value": "a green one", "definition_changed": True},
            {"name": "size", "type": "char", "string": "Size", "definition_changed": True},
        ]
        content, _request = self._export(self.lead)
        self.assertIn("REA 4711", content["Contacts"][0].values())
        self.assertEqual(content["Contacts"][0]["Properties"], {"Tent": "a green one"})

    def test_it_is_noted_without_what_it_holds(self):
        self._export(partner=self.client)
        for document in (self.lead, self.client):
            note = document.message_ids.sorted("id")[-1]
            self.assertIn("was exported", note.body)
            self.assertNotIn("Ottavia", note.body)
            self.assertEqual(note.author_id, self.officer.partner_id)

    def test_nothing_of_others(self):
        other = self._lead(contact_name="Marco Rossi", phone=PHONE, request="Mine alone")
        hidden = self._lead(
            email_from=EMAIL, request="Theirs", company_id=self.other_company.id, user_id=False, team_id=False
        )
        content, request = self._export(self.lead)
        self.assertNotIn("Mine alone", json.dumps(content))
        self.assertNotIn("Theirs", json.dumps(content))
        self.assertTrue(request.hidden_notice)
        self.assertTrue(other.exists() and hidden.exists())

    def test_the_file_goes_with_the_dialog(self):
        _content, request = self._export(self.lead)
        self.assertFalse(
            self.env["ir.attachment"].search([("res_model", "=", request._name), ("res_field", "=", "file")])
        )

    def test_in_the_language_of_who_asks(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.officer.lang = "it_IT"
        self.env["ir.model.fields"]._get("crm.lead", "contact_name").with_context(
            lang="it_IT"
        ).field_description = "Chi"
        content, _request = self._export(self.lead)
        self.assertIn("Ottavia Secretname Junior", str(content))
