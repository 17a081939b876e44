from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tools import mute_logger

from ..models.res_company import LEAD_NUMBER_CODE
from .common import LeadCase


class NumberCase(LeadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sequence = cls.company._get_lead_number_sequence()
        cls.sequence.write({"prefix": "T-", "suffix": False, "padding": 4})

    def setUp(self):
        super().setUp()
        # what a test draws is not given back when it is rolled back
        self._count_from(self.sequence, 5001)

    def _count_from(self, sequence, number):
        sequence.number_next_actual = number

    def _numbers(self, count, **values):
        leads = self.env["crm.lead"].create([{"name": f"Number {index}", **values} for index in range(count)])
        return leads.mapped("number")


class TestNumber(NumberCase):
    """Each lead has a number that is its own and stays."""

    def test_given_at_creation_in_the_order_of_the_batch(self):
        self.assertEqual(self._numbers(3), ["T-5001", "T-5002", "T-5003"])
        self.assertEqual(self._lead(self.stage_lost).number, "T-5004")

    def test_unique_by_the_database(self):
        leads = self._lead() + self._lead()
        self.env.flush_all()
        query = "UPDATE crm_lead SET number = (SELECT number FROM crm_lead WHERE id = %s) WHERE id = %s"
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute(query, leads.ids)

    def test_never_written(self):
        lead = self._lead()
        number = lead.number
        for user in (self.user_own, self.user_manager, self.env.ref("base.user_root")):
            for values in ({"number": "X-1"}, {"number_company_id": self.other_company.id}, {"former_numbers": "X-1"}):
                with self.subTest(user=user.login, values=values):
                    with self.assertRaisesRegex(UserError, "can't be written"):
                        lead.with_user(user).sudo().write(values)
                    with self.assertRaisesRegex(UserError, "can't be written"):
                        self._lead(user=user, **values)
        self.assertEqual(lead.number, number)

    def test_never_emptied(self):
        lead = self._lead()
        number, company = lead.number, lead.number_company_id
        for values in ({"number": False}, {"number": ""}, {"number_company_id": False}):
            with self.subTest(values=values):
                try:
                    lead.with_user(self.user_manager).write(values)
                except UserError as error:
                    self.assertIn("can't be written", str(error))
                self.env.flush_all()
                lead.invalidate_recordset()
                self.assertEqual((lead.number, lead.number_company_id), (number, company))

    def test_written_back_unchanged_is_no_change(self):
        lead = self._lead()
        lead.with_user(self.user_manager).write({"number": lead.number, "name": "The same number"})
        self.assertEqual(lead.name, "The same number")

    def test_import_cant_give_or_change_it(self):
        leads = self.env["crm.lead"].with_user(self.user_manager).with_context(import_file=True)
        result = leads.load(["name", "number"], [["Imported", "X-1"]])
        self.assertFalse(result["ids"])
        self.assertIn("can't be written", result["messages"][0]["message"])
        lead = self._lead()
        result = leads.load([".id", "name", "number"], [[str(lead.id), "Renamed", "X-1"]])
        self.assertFalse(result["ids"])
        result = leads.load([".id", "name", "number"], [[str(lead.id), "Renamed", lead.number]])
        self.assertEqual(result["ids"], lead.ids, result["messages"])
        self.assertEqual(lead.name, "Renamed")

    def test_copy_gets_a_new_one(self):
        lead = self._lead()
        copy = lead.copy()
        self.assertEqual((lead.number, copy.number), ("T-5001", "T-5002"))

    def test_stays_when_the_lead_changes_company(self):
        lead = self._lead(company_id=self.company.id)
        number = lead.number
        lead.write({"user_id": self.user_manager.id, "team_id": False})
        for company in (self.other_company, self.env["res.company"]):
            lead.company_id = company
            self.env.flush_all()
            self.assertEqual((lead.number, lead.number_company_id), (number, self.company))

    def test_display_name_starts_with_it(self):
        lead = self._lead(name="Two tents")
        self.assertEqual(lead.display_name, "T-5001 · Two tents")
        lead.name = "Three tents"
        self.assertEqual(lead.display_name, "T-5001 · Three tents")

    def test_found_by_it(self):
        lead = self._lead(user_id=self.user_own.id)
        for user in (self.user_own, self.user_all, self.user_manager):
            for text in ("T-5001", "t-5001", "5001"):
                with self.subTest(user=user.login, text=text):
                    found = self.env["crm.lead"].with_user(user).name_search(text)
                    self.assertIn(lead.id, [lead_id for lead_id, _name in found])
        self.assertFalse(self.env["crm.lead"].name_search("T-4999"))

    def test_found_by_its_display_name(self):
        """What a list shows can be pasted into a search box, and an exported column imported again."""
        lead = self._lead(name="Two tents")
        for operator in ("=", "ilike"):
            found = self.env["crm.lead"].name_search(lead.display_name, operator=operator)
            self.assertEqual([lead_id for lead_id, _name in found], lead.ids, operator)

    def test_found_by_it_in_every_search_box_of_leads(self):
        lead = self._lead()
        views = self.env["ir.ui.view"].search(
            [("model", "=", "crm.lead"), ("type", "=", "search"), ("mode", "=", "primary")]
        )
        self.assertGreater(len(views), 1)
        for view in views:
            arch = self.env["crm.lead"].get_view(view.id, "search")["arch"]
            with self.subTest(view=view.xml_id):
                self.assertRegex(arch, r"number.{0,4}, *.{0,4}ilike|name=.number")
        self.assertEqual(self.env["crm.lead"].search([("number", "ilike", "5001")]), lead)


class TestNumberPerCompanyAndType(NumberCase):
    """Each company counts on its own, a type may have a counter of its own."""

    def test_two_companies_may_have_the_same_number(self):
        other_sequence = self.other_company._get_lead_number_sequence()
        other_sequence.write({"prefix": "T-", "padding": 4})
        self._count_from(other_sequence, 5001)
        here = self._lead(company_id=self.company.id)
        there = self._lead(company_id=self.other_company.id, user_id=self.user_other_company.id)
        self.env.flush_all()
        self.assertEqual((here + there).mapped("number"), ["T-5001", "T-5001"])
        self.assertEqual((here + there).number_company_id, self.company + self.other_company)

    def test_lead_without_company_is_numbered_by_the_current_one(self):
        lead = self.env["crm.lead"].with_company(self.other_company).create({"name": "Nobody's", "user_id": False})
        self.assertFalse(lead.company_id)
        self.assertEqual(lead.number_company_id, self.other_company)

    def test_company_that_follows_from_the_salesperson_numbers_the_lead(self):
        lead = self.env["crm.lead"].create({"name": "Theirs", "user_id": self.user_other_company.id})
        self.assertEqual(lead.company_id, self.other_company)
        self.assertEqual(lead.number_company_id, self.other_company)

    def test_batch_over_two_companies(self):
        other_sequence = self.other_company._get_lead_number_sequence()
        other_sequence.write({"prefix": "O-", "padding": 2})
        companies = [self.company, self.other_company, self.company]
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": company.name,
                    "company_id": company.id,
                    "user_id": (self.user_own if company == self.company else self.user_other_company).id,
                }
                for company in companies
            ]
        )
        self.assertEqual(leads.mapped("number"), ["T-5001", "O-01", "T-5002"])

    def test_sequence_of_the_type_comes_first(self):
        sequence = self.env["ir.sequence"].create({"name": "Groups", "prefix": "G/", "padding": 3, "company_id": False})
        groups = self.env["crm.lead.type"].create({"name": "Group", "number_sequence_id": sequence.id})
        leads = (
            self.env["crm.lead"]
            .with_user(self.user_own)
            .create(
                [
                    {"name": "A group", "lead_type_id": groups.id},
                    {"name": "A lead"},
                    {"name": "A group", "lead_type_id": groups.id},
                ]
            )
        )
        self.assertEqual(leads.mapped("number"), ["G/001", "T-5001", "G/002"])
        leads[0].lead_type_id = self.lead_type
        self.assertEqual(leads[0].number, "G/001")

    def test_company_of_the_type_becomes_the_leads(self):
        theirs = self.env["crm.lead.type"].create({"name": "Theirs", "company_id": self.other_company.id})
        lead = self._lead(lead_type_id=theirs.id, user_id=False)
        self.assertEqual(lead.number_company_id, self.other_company)
        with self.assertRaisesRegex(ValidationError, "Choose a type of that company"):
            self._lead(lead_type_id=theirs.id, company_id=self.company.id)

    def test_new_company_gets_a_counter(self):
        company = self.env["res.company"].create({"name": "Third Camping"})
        sequence = self.env["ir.sequence"].search([("code", "=", LEAD_NUMBER_CODE), ("company_id", "=", company.id)])
        self.assertEqual(len(sequence), 1)
        self.assertEqual(sequence._get_template(), "LEAD/%(year)s/#####")

    def test_deleted_counter_is_made_anew_without_a_collision(self):
        self.sequence.write({"prefix": "LEAD/%(year)s/", "padding": 5})
        old = self._numbers(30)
        self.sequence.unlink()
        new = self._numbers(2)
        self.assertEqual(len({*old, *new}), 32)


class TestDrawing(NumberCase):
    """Numbers are drawn by the batch, and never twice."""

    def test_queries_do_not_grow_with_the_batch(self):
        def draw(count):
            return self._count_queries(lambda: self.env["crm.lead"]._draw_numbers(self.company, self.sequence, count))

        draw(1)
        self.assertEqual(draw(10), draw(500))

    def test_creating_a_batch_adds_no_query_a_lead_for_number_and_event(self):
        def create(count):
            values = [{"name": "Batch", "user_id": False, "team_id": False} for _index in range(count)]
            return self._count_queries(lambda: self.env["crm.lead"].create(values))

        create(2)
        self.assertLessEqual(create(200), create(10) + 5)

    def test_draws_as_odoo_would(self):
        for values in (
            {"implementation": "standard"},
            {"implementation": "no_gap"},
            {"implementation": "no_gap", "number_increment": 5},
            {"implementation": "standard", "number_increment": 5},
            {"implementation": "standard", "use_date_range": True, "prefix": "%(range_year)s/%(year)s/"},
            {"implementation": "no_gap", "use_date_range": True, "prefix": "%(range_year)s/"},
        ):
            with self.subTest(**values):
                values = {"name": "Twin", "prefix": "N", "padding": 3, **values}
                one, other = self.env["ir.sequence"].create([values, values])
                self.assertEqual(one._next_batch(4), [other.next_by_id() for _index in range(4)])
                self.assertEqual(one._next_batch(2), [other.next_by_id() for _index in range(2)])
                self.assertEqual(one.next_by_id(), other.next_by_id())
                self.assertEqual(one._next_batch(0), [])

    def test_no_gap_sequence(self):
        self.sequence.implementation = "no_gap"
        self.sequence.number_next = 7001
        self.assertEqual(self._numbers(2), ["T-7001", "T-7002"])
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._numbers(3)
            raise ZeroDivisionError
        self.assertEqual(self._numbers(1), ["T-7003"])

    def test_date_range_sequence_starts_anew_each_year(self):
        self.sequence.write({"use_date_range": True, "prefix": "%(range_year)s-"})
        with self._at("2031-12-30 10:00:00"):
            self.assertEqual(self._numbers(2), ["2031-0001", "2031-0002"])
        with self._at("2032-01-02 10:00:00"):
            self.assertEqual(self._numbers(1), ["2032-0001"])

    def test_template_shows_the_date_of_the_lead(self):
        self.company.lead_number_template = "%(year)s/%(month)s/##"
        with self._at("2031-07-09 10:00:00"):
            self.assertRegex(self._lead().number, r"^2031/07/\d\d+$")

    def test_counter_set_back_does_not_collide(self):
        self._numbers(4)
        self._count_from(self.sequence, 5003)
        self.assertEqual(self._numbers(3), ["T-5005", "T-5006", "T-5007"])

    def test_counter_far_behind_catches_up(self):
        """An inquiry is never refused for a counter that somebody has set back."""
        given = self._numbers(60)
        self._count_from(self.sequence, 5001)
        self.assertNotIn(self._lead().number, given)
        self.assertEqual(len({*given, *self._numbers(3)}), 63)

    def test_number_grows_beyond_its_padding(self):
        self._count_from(self.sequence, 99999)
        self.assertEqual(self._numbers(2), ["T-99999", "T-100000"])


class TestRivals(LeadCase):
    def test_rivals_draw_different_numbers(self):
        """Two transactions that know nothing of each other."""
        mine = self.company._get_lead_number_sequence()
        self.assertEqual((mine.implementation, mine.use_date_range), ("standard", False))
        with Registry(self.env.cr.dbname).cursor() as cr:
            cr.execute("SET LOCAL lock_timeout = '5s'")
            rival = mine.with_env(mine.env(cr=cr))
            drawn = [*mine._next_batch(3), *rival._next_batch(3), *mine._next_batch(3), *rival._next_batch(1)]
            cr.rollback()
        self.assertEqual(len(set(drawn)), 10)


class TestNumberOfMergedLeads(NumberCase):
    """The number of a lead that was merged away finds the one that is left."""

    def _found(self, text):
        return [lead_id for lead_id, _name in self.env["crm.lead"].name_search(text)]

    def test_number_of_the_loser_finds_the_winner(self):
        leads = self._lead() + self._lead() + self._lead()
        numbers = leads.mapped("number")
        winner = leads.merge_opportunity()
        self.assertEqual(len(leads.exists()), 1)
        for number in numbers:
            self.assertEqual(self._found(number), winner.ids)
        self.assertIn(winner.number, numbers)
        self.assertEqual(sorted([winner.number, *winner.former_numbers.split()]), numbers)

    def test_chain_of_merges(self):
        one, two, three = self._lead(), self._lead(), self._lead(self.stage_late)
        numbers = (one + two + three).mapped("number")
        first = (one + two).merge_opportunity()
        last = (first + three).merge_opportunity()
        self.assertEqual(last, three)
        for number in numbers:
            self.assertEqual(self._found(number), last.ids)

    def test_merge_draws_no_number(self):
        (self._lead() + self._lead()).merge_opportunity()
        self.assertEqual(self._lead().number, "T-5003")

    def test_sequence_may_belong_to_nobody_else(self):
        company = self.env["res.company"].create({"name": "Third Camping", "user_ids": [Command.link(self.env.uid)]})
        lead = self.env["crm.lead"].with_company(company).create({"name": "First", "user_id": False})
        self.assertRegex(lead.number, r"^LEAD/\d{4}/00001$")
