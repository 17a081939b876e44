from odoo.fields import Command

from .test_client_link import MAIL, PHONE, ClientCase


class TestClientDialog(ClientCase):
    """What the dialog shows of the clients to choose from."""

    def _differences(self, client, **values):
        candidates = self._dialog(self._inquiry(**values)).candidate_ids
        return candidates.filtered(lambda candidate: candidate.partner_id == client).differences

    def test_what_is_written_otherwise_is_shown(self):
        client = self._client(phone=PHONE, email="ada@home.example", city="Torino")
        self.assertEqual(self._differences(client, city="Bari"), f"{MAIL}, Bari")

    def test_the_same_in_another_writing_is_no_difference(self):
        client = self._client(phone=PHONE, email="ada.rossi+news@gmail.com", city="Forl\u00ec")
        values = {"phone": "0039 (333) 12.34.567", "email_from": "AdaRossi@googlemail.com", "city": "FORLI"}
        self.assertFalse(self._differences(client, **values))

    def test_a_phone_without_a_country_is_the_same_by_its_last_digits(self):
        self.assertFalse(self._differences(self._client(phone=PHONE, email=MAIL), phone="tel. 333-1234567"))

    def test_every_phone_of_the_client_counts(self):
        client = self._client(phone="+39 02 555 0101", email=MAIL)
        client.client_phone_ids = [Command.create({"phone": PHONE})]
        self.assertFalse(self._differences(client))
        self.assertEqual(self._differences(client, phone="+39 333 7654321"), "+39 333 7654321")

    def test_what_the_client_lacks_is_no_difference(self):
        self.assertFalse(self._differences(self._client(phone=PHONE), city="Bari"))

    def test_ten_candidates_are_shown_and_that_there_are_more(self):
        for count, has_more in ((10, False), (1, True)):
            for _number in range(count):
                self._client(phone=PHONE)
            dialog = self._dialog(self._inquiry())
            self.assertEqual(len(dialog.candidate_ids), 10)
            self.assertEqual(dialog.has_more_candidates, has_more)

    def test_without_candidates_there_are_no_more(self):
        dialog = self._dialog(self._inquiry(phone="+39 333 0000000", email_from=False, contact_name="Quirino"))
        self.assertFalse(dialog.candidate_ids)
        self.assertFalse(dialog.has_more_candidates)

    def test_first_and_last_name_of_a_new_client(self):
        names = {
            "Ada Rossi": ("Ada", "Rossi"),
            "ROSSI, Ada Maria": ("Ada Maria", "ROSSI"),
            "Ada Maria Rossi": ("Ada Maria", "Rossi"),
            "Rossi": ("", "Rossi"),
            " , ": ("", ""),
        }
        for name, parts in names.items():
            with self.subTest(name):
                dialog = self._dialog(self._inquiry(contact_name=name))
                self.assertEqual((dialog.client_first_name or "", dialog.client_last_name or ""), parts)
