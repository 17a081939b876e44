from odoo.exceptions import ValidationError
from odoo.tests import Form

from .test_number import NumberCase


class TestTemplate(NumberCase):
    """The look of the numbers is one text on the settings page."""

    def _settings(self, **values):
        return self.env["res.config.settings"].with_user(self.user_admin).create(values)

    def test_reads_as_it_is_written(self):
        self.company.lead_number_template = "LEAD/%(year)s/#####"
        self.assertEqual((self.sequence.prefix, self.sequence.padding), ("LEAD/%(year)s/", 5))
        self.company.lead_number_template = "%(y)s-###-A"
        self.assertEqual(self.company.lead_number_template, "%(y)s-###-A")
        self.assertEqual((self.sequence.prefix, self.sequence.padding, self.sequence.suffix), ("%(y)s-", 3, "-A"))

    def test_new_lead_has_the_new_look_and_old_ones_stay(self):
        old = self._lead()
        self.company.lead_number_template = "Z###"
        self.assertEqual(self._lead().number, "Z5002")
        self.assertEqual(old.number, "T-5001")

    def test_each_company_has_its_own(self):
        self.other_company.lead_number_template = "O##"
        self.assertEqual(self.company.lead_number_template, "T-####")

    def test_refused_in_words(self):
        for template, words in (
            ("LEAD", "needs one counter"),
            ("", "needs one counter"),
            (False, "needs one counter"),
            ("##/##", "needs one counter"),
            ("%(years)s/###", r"can't use “%\(years\)s"),
            ("%(range_year)s/###", "can't use"),
            ("%d/###", "can't use “%d"),
            ("100%/###", "can't use “%/"),
            ("%(year)d/###", "can't use"),
            ("%(year/###", "can't use"),
            ("#" * 40, "up to 12"),
            ("x" * 500 + "###", "up to 60 characters"),
        ):
            with self.subTest(template=template):
                with self.assertRaisesRegex(ValidationError, words):
                    self.company.lead_number_template = template
                    self.env.flush_all()
                self.env.invalidate_all()
        self.assertEqual(self.company.lead_number_template, "T-####")

    def test_example_in_the_words_is_a_good_template(self):
        with self.assertRaises(ValidationError) as caught:
            self.company.lead_number_template = "LEAD"
        self.assertIn("LEAD/%(year)s/#####", str(caught.exception))
        self.assertNotIn("%%", str(caught.exception))

    def test_preview_follows_the_text_and_draws_nothing(self):
        self._numbers(1)
        self.env.invalidate_all()
        form = Form(self.env["res.config.settings"].with_user(self.user_admin))
        self.assertEqual(form.lead_number_preview, "T-5002")
        form.lead_number_template = "NEW-######"
        self.assertEqual(form.lead_number_preview, "NEW-005002")
        form.lead_number_template = "NEW-"
        self.assertFalse(form.lead_number_preview)
        self.assertIn("needs one counter", form.lead_number_error)
        self.assertEqual(self._numbers(1), ["T-5002"])

    def test_preview_is_the_number_that_comes_next(self):
        preview = self._settings(lead_number_template="%(year)s-%(month)s-%(day)s-####").lead_number_preview
        self.company.lead_number_template = "%(year)s-%(month)s-%(day)s-####"
        self.assertEqual(preview, self._lead().number)

    def test_settings_save_it(self):
        self._settings(lead_number_template="S/####").execute()
        self.assertEqual(self._lead().number, "S/5001")

    def test_settings_refuse_what_is_no_template(self):
        with self.assertRaisesRegex(ValidationError, "needs one counter"):
            self._settings(lead_number_template="S/").execute()
