from odoo.fields import Domain
from odoo.tests import Form
from odoo.tools.safe_eval import safe_eval

from .common import TypeCase


class TestTypeMenu(TypeCase):
    """Each lead type has a menu that opens its pipeline."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # whatever else there is has its own menu too
        others = cls.env["crm.lead.type"].search([("id", "not in", (cls.lead_type + cls.repair).ids)])
        others.next_type_id = False
        others.active = False
        cls.parent = cls.env.ref("crm_lead_lifecycle.crm_lead_menu_types")

    def _menus(self, user=None, **context):
        """The menus of lead types that a user sees, by their names."""
        menus = self.env["ir.ui.menu"].with_user(user or self.user_own).with_context(**context)
        loaded = menus.load_menus(False)
        if self.parent.id not in loaded:
            return {}
        return {loaded[menu_id]["name"]: loaded[menu_id] for menu_id in loaded[self.parent.id]["children"]}

    def test_every_role_sees_a_menu_for_each_type(self):
        for user in (self.user_own, self.user_all, self.user_manager, self.user_admin):
            with self.subTest(user=user.login):
                self.assertEqual(self._menus(user).keys(), {"Lead", "Repair"})

    def test_menu_opens_the_pipeline_of_its_type(self):
        lead, other = self._repair(), self._lead()
        menu = self._menus()["Repair"]
        actions = self.env[menu["action_model"]].with_user(self.user_own)
        action = actions.browse(menu["action_id"])._get_action_dict()
        self.assertEqual(action["res_model"], "crm.lead")
        self.assertEqual(action["view_mode"].split(",")[0], "kanban")
        self.assertEqual(safe_eval(action["context"])["default_lead_type_id"], self.repair.id)
        found = self.env["crm.lead"].with_user(self.user_own).search(Domain(safe_eval(action["domain"])))
        self.assertIn(lead, found)
        self.assertNotIn(other, found)
        button = self.repair.with_user(self.user_own).action_open_pipeline()
        self.assertEqual((button["id"], button["res_model"]), (menu["action_id"], "crm.lead"))

    def test_empty_pipeline_says_what_the_type_is_for(self):
        self.repair.description = "Pumps & motors <b>only</b>"
        for user in (self.user_own, self.user_manager):
            leads = self.env["crm.lead"].with_user(user)
            message = leads.with_context(default_lead_type_id=self.repair.id).get_empty_list_help("<p>Nothing</p>")
            self.assertIn("<p>Nothing</p>", message)
            self.assertIn("Pumps &amp; motors &lt;b&gt;only&lt;/b&gt;", message)
            self.assertNotIn("Pumps", leads.get_empty_list_help("<p>Nothing</p>"))
            offer = "crm_lead_lifecycle.crm_lead_type_preset_action"
            self.assertEqual(offer in message, user == self.user_manager)
        self.repair.company_id = self.other_company
        leads = self.env["crm.lead"].with_user(self.user_own).with_context(default_lead_type_id=self.repair.id)
        self.assertNotIn("Pumps", leads.get_empty_list_help("<p>Nothing</p>"))

    def test_order_is_that_of_the_types(self):
        third = self._lead_type(name="Third")
        for order in ((self.lead_type, self.repair, third), (third, self.lead_type, self.repair)):
            for number, lead_type in enumerate(order):
                lead_type.sequence = number
            self.assertEqual(list(self._menus()), [lead_type.name for lead_type in order])

    def test_types_of_other_companies_have_none(self):
        self.repair.company_id = self.company
        theirs = self._lead_type(name="Theirs", company_id=self.other_company.id)
        self.assertEqual(self._menus(self.user_own).keys(), {"Lead", "Repair"})
        self.assertEqual(self._menus(self.user_other_company).keys(), {"Lead", "Theirs"})
        self.assertEqual(self._menus(self.user_manager).keys(), {"Lead", "Repair", "Theirs"})
        self.user_other_company.company_ids += self.company
        self.assertEqual(self._menus(self.user_other_company).keys(), {"Lead", "Repair", "Theirs"})
        theirs.company_id = False
        self.assertEqual(self._menus(self.user_own).keys(), {"Lead", "Repair", "Theirs"})

    def test_only_type_has_none(self):
        self.repair.active = False
        self.assertFalse(self._menus())
        self.repair.active = True
        self.assertEqual(self._menus().keys(), {"Lead", "Repair"})
        self.repair.company_id = self.other_company
        self.assertFalse(self._menus(self.user_own))
        self.assertEqual(self._menus(self.user_manager).keys(), {"Lead", "Repair"})

    def test_who_does_not_use_types_sees_none(self):
        self.env.ref("base.group_user")._remove_group(self.env.ref("crm_lead_lifecycle.group_lead_types"))
        self.assertFalse(self._menus())

    def test_archived_type_has_none(self):
        third = self._lead_type(name="Third")
        self.assertIn("Third", self._menus())
        third.with_user(self.user_manager).action_archive()
        self.assertNotIn("Third", self._menus())
        third.with_user(self.user_manager).action_unarchive()
        self.assertIn("Third", self._menus())

    def test_manager_makes_renames_and_deletes_a_type_with_its_menu(self):
        with Form(self.env["crm.lead.type"].with_user(self.user_manager)) as form:
            form.name = "Rental"
        rental = form.record
        self.assertIn("Rental", self._menus())
        with Form(rental) as form:
            form.name = "Hire"
        self.assertEqual(self._menus().keys(), {"Lead", "Repair", "Hire"})
        menu = rental.with_env(self.env).menu_id
        action = menu.action
        self.assertEqual(action.name, "Hire")
        rental.unlink()
        self.assertFalse(menu.exists() or action.exists())
        self.assertEqual(self._menus().keys(), {"Lead", "Repair"})

    def test_name_is_that_of_the_type_in_every_language(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.user_own.lang = "it_IT"
        self.repair.with_user(self.user_manager).with_context(lang="it_IT").name = "Riparazione"
        self.assertIn("Riparazione", self._menus(lang="it_IT"))
        self.assertIn("Repair", self._menus(lang="en_US"))
        action = self.repair.menu_id.action
        self.assertEqual(action.with_context(lang="it_IT").name, "Riparazione")
        self.repair.with_user(self.user_manager).update_field_translations("name", {"it_IT": "Assistenza"})
        self.assertIn("Assistenza", self._menus(lang="it_IT"))
        self.repair.with_user(self.user_manager).name = "Mending"
        self.assertEqual(self._menus(lang="en_US").keys(), {"Lead", "Mending"})
        self.assertIn("Assistenza", self._menus(lang="it_IT"))
        self.repair.with_user(self.user_manager).update_field_translations("name", {"it_IT": False})
        self.assertIn("Mending", self._menus(lang="it_IT"))
        self.assertEqual(action.with_context(lang="it_IT").name, "Mending")

    def test_new_type_is_named_in_every_language(self):
        self.env["res.lang"]._activate_lang("it_IT")
        lead_types = self.env["crm.lead.type"].with_user(self.user_manager)
        rental = lead_types.with_context(lang="it_IT").create({"name": "Noleggio"})
        rental.with_context(lang="en_US").name = "Rental"
        self.assertEqual(self._menus(lang="it_IT").keys() - self._menus(lang="en_US").keys(), {"Noleggio"})
        self.assertIn("Rental", self._menus(lang="en_US"))

    def test_type_can_be_renamed_after_a_language_was_switched_off(self):
        italian = self.env["res.lang"]._activate_lang("it_IT")
        self.repair.with_context(lang="it_IT").name = "Riparazione"
        italian.active = False
        self.repair.with_user(self.user_manager).name = "Mending"
        self.assertEqual(self._menus().keys(), {"Lead", "Mending"})

    def test_type_whose_action_was_deleted_can_be_renamed(self):
        self.repair.menu_id.action.unlink()
        self.env.invalidate_all()
        self.repair.with_user(self.user_manager).name = "Mending"
        button = self.repair.with_user(self.user_own).action_open_pipeline()
        self.assertEqual((button["name"], button["res_model"]), ("Mending", "crm.lead"))
        self.assertEqual(self._menus().keys(), {"Lead", "Mending"})
        self.repair.menu_id.action.unlink()
        button = self.repair.with_user(self.user_own).action_open_pipeline()
        self.assertEqual(button["name"], "Mending")
        self.repair.menu_id.action.unlink()
        self.repair.unlink()
        self.assertEqual(self.env["crm.lead.type"].search_count([("name", "=", "Mending")]), 0)

    def test_copy_of_a_type_has_a_menu_of_its_own(self):
        copied = self.repair.copy({"name": "Second workshop"})
        self.assertNotEqual(copied.menu_id, self.repair.menu_id)
        menu = self._menus()["Second workshop"]
        action = self.env["ir.actions.act_window"].browse(menu["action_id"])
        self.assertIn(str(copied.id), action.domain)

    def test_types_made_together_have_each_their_own(self):
        lead_types = self.env["crm.lead.type"].create([{"name": "One"}, {"name": "Two"}])
        self.assertEqual(len(lead_types.menu_id), 2)
        self.assertEqual(lead_types.menu_id.mapped("name"), ["One", "Two"])
        self.assertEqual(len({action.id for action in lead_types.menu_id.mapped("action")}), 2)
