from odoo.exceptions import AccessError, ValidationError
from odoo.tests import users

from .common import TypeCase


class TestTypeClient(TypeCase):
    """A lead type says which of its properties are kept with the client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.repair.property_definition = [
            {"name": "shoe_size", "type": "char", "string": "Shoe size"},
            {"name": "machine", "type": "separator", "string": "The machine"},
            {"name": "fault", "type": "char", "string": "Fault"},
        ]

    def _kept(self, lead_type=None):
        lead_type = lead_type or self.repair
        self.env.flush_all()
        self.env.invalidate_all()
        return lead_type.client_property_names

    def _of_clients(self):
        """The properties that clients have."""
        definition = self.env["properties.base.definition"]._get_definition_for_property_field(
            "res.partner", "properties"
        )
        return [item["name"] for item in definition.properties_definition]

    def test_names_of_no_property_are_dropped(self):
        self.repair.client_property_names = ["fault", "nonsense", "machine", "", "shoe_size", "fault"]
        self.assertEqual(self._kept(), ["shoe_size", "fault"], "in the order of the properties, separators left out")

    def test_none_of_them(self):
        for names in ([], False, ["nonsense"], ["machine"]):
            self.repair.client_property_names = ["fault"]
            self.repair.client_property_names = names
            self.assertFalse(self._kept())

    def test_what_is_no_list_of_names_is_refused(self):
        for names in ("fault", {"fault": True}, [1], [["fault"]], ["fault", None], 3, True):
            with self.assertRefuses("list of names of properties", ValidationError):
                self.repair.client_property_names = names
            with self.assertRefuses("list of names of properties", ValidationError):
                self._lead_type(client_property_names=names)

    def test_a_new_type_drops_them_too(self):
        lead_type = self._lead_type(
            property_definition=self.repair.property_definition, client_property_names=["nonsense", "fault"]
        )
        self.assertEqual(self._kept(lead_type), ["fault"])

    def test_a_property_that_goes_is_not_kept_any_more(self):
        self.repair.client_property_names = ["shoe_size", "fault"]
        self.repair.property_definition = self.repair.property_definition[:1]
        self.assertEqual(self._kept(), ["shoe_size"])
        self.assertIn("fault", self._of_clients(), "clients keep what they have")

    def test_a_copy_keeps_the_same(self):
        self.repair.client_property_names = ["fault"]
        self.assertEqual(self._kept(self.repair.copy()), ["fault"])

    def test_a_property_is_made_and_kept_in_one_save(self):
        """As the form sends it."""
        self.assertNotIn("colour", self._of_clients() or [])
        self.repair.with_user(self.user_manager).web_save(
            {
                "client_property_names": ["colour"],
                "sample_properties": [
                    {"name": "colour", "type": "char", "string": "Colour", "definition_changed": True},
                ],
            },
            {"client_property_names": {}},
        )
        self.assertEqual(self._kept(), ["colour"])
        self.assertIn("colour", self._of_clients())

    @users("lead_own", "lead_all")
    def test_salespeople_do_not_choose(self):
        with self.assertRaises(AccessError):
            self.repair.with_env(self.env).client_property_names = ["fault"]
