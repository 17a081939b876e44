from lxml import etree

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form

from .common import FormCase


class TestTypeFormView(FormCase):
    """The form of a lead follows its type, for everybody and at once."""

    def _node(self, name, user=None, xml_id="crm.crm_lead_view_form"):
        leads = self.env["crm.lead"].with_user(user or self.user_own)
        arch = leads.get_view(self.env.ref(xml_id).id, "form")["arch"]
        return etree.fromstring(arch).xpath(f"//field[@name='{name}'][not(ancestor::field)]")

    def _form(self, lead_type=None, user=None, view=None):
        form = Form(self.env["crm.lead"].with_user(user or self.user_own), view)
        form.name = "A pump"
        if lead_type and not view:
            form.lead_type_id = lead_type
        return form

    def test_salesperson_can_not_read_the_fields_that_rules_name(self):
        self._require("source_id")
        with self.assertRaises(AccessError):
            self.repair.with_user(self.user_own).read(["required_field_ids"])
        with self.assertRaises(AccessError):
            self._fields_of("source_id").with_user(self.user_own).read(["name"])

    def test_conditions_are_there_for_every_role(self):
        self._require("source_id")
        self.repair.hidden_field_ids = self._fields_of("website", "request")
        for user in (self.user_own, self.user_all, self.user_manager, self.user_admin, self.user_other_company):
            with self.subTest(user=user.login):
                form = self._form(self.repair, user)
                self.assertTrue(form._get_modifier("source_id", "required"))
                self.assertTrue(form._get_modifier("website", "invisible"))
                self.assertTrue(form._get_modifier("request", "invisible"))
                form.lead_type_id = self.lead_type
                self.assertFalse(form._get_modifier("source_id", "required"))
                self.assertFalse(form._get_modifier("request", "invisible"))

    def test_conditions_follow_the_configuration_at_once(self):
        def shown():
            nodes = self._node("source_id")
            return any(str(self.repair.id) in (node.get("required") or "") for node in nodes)

        self.assertFalse(shown())
        self._require("source_id")
        self.assertTrue(shown())
        self.repair.required_field_ids = [Command.clear()]
        self.assertFalse(shown())
        self._require("source_id")
        self.repair.unlink()
        self.assertFalse(shown())

    def test_field_that_is_switched_off_breaks_no_form(self):
        self._require("target_year", "source_id")
        self.env.ref("base.group_user")._remove_group(self.env.ref("crm_lead_lifecycle.group_target_year"))
        self.assertFalse(self._node("target_year"))
        self.assertTrue(self._form(self.repair)._get_modifier("source_id", "required"))

    def test_form_demands_what_is_required(self):
        self._require("source_id")
        form = self._form(self.repair)
        with self.assertRaisesRegex(AssertionError, "source_id is a required field"):
            form.save()
        form.source_id = self.source
        self.assertEqual(form.save().lead_type_id.with_env(self.env), self.repair)
        self.assertTrue(self._form(self.lead_type).save())

    def test_form_demands_an_email_or_a_phone(self):
        self.repair.contact_required = True
        for name, other in (("email_from", "phone"), ("phone", "email_from")):
            form = self._form(self.repair)
            self.assertTrue(form._get_modifier(name, "required"))
            form[name] = "+39 0471 123456" if name == "phone" else "a@example.com"
            self.assertFalse(form._get_modifier(other, "required"))
            self.assertTrue(form.save().number)

    def test_incomplete_lead_can_be_saved_bit_by_bit(self):
        self._require("source_id", "request")
        lead = self._repair()
        with Form(lead.with_user(self.user_own)) as form:
            self.assertTrue(form.is_incomplete)
            form.request = "It leaks"
        self.assertEqual((lead.request, lead.is_incomplete), ("It leaks", True))
        with Form(lead.with_user(self.user_own)) as form:
            form.source_id = self.source
        self.assertFalse(lead.is_incomplete)
        form = Form(lead.with_user(self.user_own))
        form.source_id = self.source.browse()
        with self.assertRaisesRegex(AssertionError, "source_id is a required field"):
            form.save()

    def test_field_that_odoo_hides_under_a_condition_stays_hidden_by_it(self):
        before = [node.get("invisible") for node in self._node("lost_reason_id")]
        self.repair.hidden_field_ids = self._fields_of("lost_reason_id")
        for node, condition in zip(self._node("lost_reason_id"), before, strict=True):
            self.assertIn(f"({condition})" if condition else "lead_type_id", node.get("invisible"))

    def test_quick_create_asks_for_what_is_required(self):
        self._require("source_id", "tag_ids")
        self.repair.contact_required = True
        leads = self.env["crm.lead"].with_user(self.user_own).with_context(default_lead_type_id=self.repair.id)
        form = Form(leads, "crm.quick_create_opportunity_form")
        form.name = "A pump"
        for name in ("source_id", "tag_ids", "email_from", "phone"):
            self.assertTrue(form._get_modifier(name, "required"), name)
            self.assertFalse(form._get_modifier(name, "invisible"), name)
        form.email_from = "a@example.com"
        form.tag_ids.add(self.tag)
        with self.assertRaisesRegex(AssertionError, "source_id is a required field"):
            form.save()
        form.source_id = self.source
        self.assertFalse(form.save().is_incomplete)
        other = Form(self.env["crm.lead"].with_user(self.user_own), "crm.quick_create_opportunity_form")
        self.assertTrue(other._get_modifier("source_id", "invisible"))
        other.name = "Of the default type"
        self.assertEqual(other.save().lead_type_id.with_env(self.env), self.lead_type)


class TestTypeFormConfiguration(FormCase):
    """A form in which a lead can't be worked is refused in words."""

    def _configure(self, required=(), hidden=(), **values):
        fields = {"required_field_ids": required, "hidden_field_ids": hidden}
        commands = {name: [Command.set(self._fields_of(*names).ids)] for name, names in fields.items()}
        self.repair.with_user(self.user_manager).write({**commands, **values})

    def test_field_without_a_place(self):
        for name in ("company_id", "color", "email_normalized", "phone_state", "create_date"):
            words = f"“{self._fields_of(name).field_description}” has no place"
            with self.subTest(field=name), self.assertRefuses(words):
                self._configure(required=[name])
            with self.subTest(hidden=name), self.assertRefuses(words):
                self._configure(hidden=[name])

    def test_field_of_another_model(self):
        for name in ("required_field_ids", "hidden_field_ids"):
            with self.assertRefuses("has no place in the form"):
                self.repair.write({name: self._fields_of("name", model="res.partner").ids})

    def test_field_that_is_switched_off(self):
        self._configure(required=["target_year"])
        self._configure()
        self.env.ref("base.group_user")._remove_group(self.env.ref("crm_lead_lifecycle.group_target_year"))
        with self.assertRefuses("“Target Year” has no place.*settings page"):
            self._configure(required=["target_year"])

    def test_field_that_nobody_can_fill_in(self):
        for name in ("number", "is_urgent", "type_properties", "lead_properties", "event_ids", "date_open"):
            with self.subTest(field=name), self.assertRefuses("can't be required"):
                self._configure(required=[name])

    def test_field_that_the_form_shows_but_does_not_let_fill_in(self):
        for name in ("removal_reason_id", "lost_reason_id", "message_bounce"):
            with self.subTest(field=name), self.assertRefuses("can't be required|has no place"):
                self._configure(required=[name])

    def test_required_and_hidden(self):
        with self.assertRefuses("“Source” can't be both"):
            self._configure(["source_id"], ["source_id"])

    def test_contact_required_and_hidden(self):
        with self.assertRefuses("can't be both required and hidden"):
            self._configure(hidden=["email_from", "phone"], contact_required=True)
        self._configure(hidden=["email_from"], contact_required=True)
        with self.assertRefuses("can't be both required and hidden"):
            self._configure(hidden=["email_from", "phone"])

    def test_field_without_which_no_lead_is_worked(self):
        for name in ("name", "stage_id", "lead_type_id"):
            with self.subTest(field=name), self.assertRefuses("can't be hidden"):
                self._configure(hidden=[name])

    def test_choice_of_fields_is_that_of_the_form(self):
        offered = self.repair.with_user(self.user_manager).form_field_ids
        self.assertEqual(set(offered.mapped("model")), {"crm.lead"})
        names = set(offered.mapped("name"))
        self.assertLessEqual({"source_id", "request", "tag_ids", "phone", "target_year"}, names)
        self.assertFalse(names & {"company_id", "name", "stage_id", "color"})
        with self.assertRaises(AccessError):
            self.repair.with_user(self.user_own).read(["form_field_ids"])

    def test_manager_configures_in_the_form(self):
        with Form(self.repair.with_user(self.user_manager)) as form:
            form.required_field_ids.add(self._fields_of("source_id"))
            form.hidden_field_ids.add(self._fields_of("website"))
            form.contact_required = True
        self.assertEqual(self.repair.required_field_ids.name, "source_id")
        self.assertEqual(self.repair.hidden_field_ids.name, "website")


class TestTypeProperties(FormCase):
    """Each type has properties of its own."""

    def setUp(self):
        super().setUp()
        self.repair.property_definition = [
            {"name": "device", "type": "char", "string": "Device", "default": "Pump"},
            {"name": "pieces", "type": "integer", "string": "Pieces"},
        ]
        self.lead_type.property_definition = [{"name": "nights", "type": "integer", "string": "Nights"}]

    def _values(self, lead):
        self.env.flush_all()
        self.env.invalidate_all()
        items = lead.with_user(self.user_own).read(["type_properties"])[0]["type_properties"]
        return {item["string"]: item.get("value") for item in items}

    def test_values_are_kept(self):
        lead = self._repair(user=self.user_own, type_properties={"device": "Drill", "pieces": 2})
        self.assertEqual(self._values(lead), {"Device": "Drill", "Pieces": 2})
        lead.with_user(self.user_own).type_properties = {"device": "Drill", "pieces": 3}
        lead.with_user(self.user_own).stage_id = self.looked
        self.assertEqual(self._values(lead), {"Device": "Drill", "Pieces": 3})

    def test_each_type_has_its_own(self):
        self.assertEqual(self._values(self._repair()), {"Device": "Pump", "Pieces": None})
        self.assertEqual(self._values(self._lead()), {"Nights": None})

    def test_change_of_the_definition_keeps_the_values(self):
        lead = self._repair(type_properties={"device": "Drill", "pieces": 2})
        definition = [*self.repair.property_definition, {"name": "fault", "type": "char", "string": "Fault"}]
        self.repair.with_user(self.user_manager).property_definition = definition
        self.assertEqual(self._values(lead), {"Device": "Drill", "Pieces": 2, "Fault": None})

    def test_change_of_the_type_shows_those_of_the_new_one(self):
        lead = self._repair(type_properties={"device": "Drill", "pieces": 2})
        lead.with_user(self.user_own).lead_type_id = self.lead_type
        self.assertEqual(self._values(lead), {"Nights": None})

    def test_copy_of_a_lead_has_them(self):
        lead = self._repair(type_properties={"device": "Drill", "pieces": 2})
        self.assertEqual(self._values(lead.copy()), {"Device": "Drill", "Pieces": 2})


class TestTypeSpeed(FormCase):
    def test_queries_of_a_creation_do_not_grow_with_the_leads(self):
        lead_types = self.repair.browse()
        for number in range(5):
            sequence = self.env["ir.sequence"].create({"name": f"Type {number}", "prefix": f"T{number}/", "padding": 4})
            lead_type = self._lead_type(
                name=f"Type {number}", due_days=number, contact_required=True, number_sequence_id=sequence.id
            )
            first, second = self._add_stages(lead_type, ("First", "open"), ("Second", "open"))
            lead_type.write({"initial_stage_id": first.id, "required_field_ids": self._fields_of("source_id").ids})
            self._set_moves((first, second), lead_type=lead_type)
            lead_types += lead_type
        common = {"user_id": self.user_own.id, "team_id": self.team.id, "source_id": self.source.id}

        def create(count):
            values = [
                {"name": "Many", "email_from": "a@example.com", "lead_type_id": lead_type.id, **common}
                for lead_type in lead_types
            ] * (count // 5)
            self.env.flush_all()
            self.env.invalidate_all()
            return self._count_queries(lambda: self.env["crm.lead"].with_user(self.user_own).create(values))

        create(5)
        few, many = create(10), create(500)
        # an insert holds some hundred rows at most
        self.assertLessEqual(many - few, 20)
