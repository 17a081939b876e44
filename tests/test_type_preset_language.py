from unittest.mock import patch

from odoo.tests import Form
from odoo.tools.translate import LazyGettext

from ..data.crm_lead_type_presets import PRESETS
from .test_type_preset import PresetCase

# the names that the states have in the products that the presets come from
ORIGINALS = {
    "booking": (
        "it_IT",
        [
            "Proposta inizializzata",
            "Proposta in lavorazione",
            "Proposta da inviare",
            "Proposta inviata",
            "Concluso",
            "Concluso",
        ],
    ),
    "prospect": (
        "it_IT",
        ["Congelato", "Aperto", "Da contattare", "In lavoro", "Qualificato", "Cancellato", "Abbandonato"],
    ),
    "service": ("pt_PT", [None, None, "Ordem de serviço bem sucedida", None, None, None, None]),
}
LANGUAGES = ("it_IT", "pl_PL", "pt_PT")


class TestTypePresetLanguages(PresetCase):
    """Presets speak the languages of the database, those that are added later too (translations made up)."""

    def setUp(self):
        super().setUp()

        def translate(term, lang=""):
            return f"{term._source} ({lang})" if lang in LANGUAGES else term._source

        self.startPatcher(patch.object(LazyGettext, "_translate", translate))

    def _load_languages(self):
        for lang in LANGUAGES:
            self.env["res.lang"]._activate_lang(lang)
            self.env["ir.module.module"]._load_module_terms(["crm_lead_lifecycle"], [lang])
        self.env.invalidate_all()

    def assertTranslated(self, lead_type):
        preset = PRESETS[lead_type.preset_key]
        for lang in LANGUAGES:
            in_lang = lead_type.with_context(lang=lang)
            with self.subTest(preset=lead_type.preset_key, lang=lang):
                for name in ("name", "description"):
                    self.assertEqual(in_lang[name], preset[name]._translate(lang))
                self.assertEqual(in_lang.menu_id.name, in_lang.name)
                stages = {stage.preset_key: stage for stage in in_lang.stage_ids}
                for stage in preset["stages"]:
                    self.assertEqual(stages[stage["key"]].name, stage["name"]._translate(lang))
                self.assertEqual(lead_type.with_context(lang="en_US").name, preset["name"]._source)

    def test_languages_that_were_there_before(self):
        self._load_languages()
        for key in PRESETS:
            self.assertTranslated(self._load(key))

    def test_languages_that_are_added_later(self):
        lead_types = [self._load(key) for key in PRESETS]
        self._load_languages()
        for lead_type in lead_types:
            self.assertTranslated(lead_type)

    def test_manager_who_speaks_another_language_loads_english_too(self):
        self._load_languages()
        self.boss.lang = "it_IT"
        user_env = self.env(user=self.boss, context={**self.env.context, "lang": "it_IT"})
        form = Form(user_env["crm.lead.type.preset"].with_company(self.lake))
        form.preset = "prospect"
        form.save().action_load()
        self.assertTranslated(self._loaded("prospect", self.lake))

    def test_name_that_somebody_changed_is_kept(self):
        lead_type = self._load("prospect")
        stage = self._stages(lead_type)["prospect_working"]
        lead_type.with_user(self.boss).name = "Acquisition"
        stage.with_user(self.boss).name = "Being worked"
        self._load_languages()
        for lang in LANGUAGES:
            self.assertEqual(lead_type.with_context(lang=lang).name, "Acquisition")
            self.assertEqual(stage.with_context(lang=lang).name, "Being worked")

    def test_translation_that_somebody_changed_is_kept(self):
        self._load_languages()
        lead_type = self._load("prospect")
        stage = self._stages(lead_type)["prospect_working"]
        lead_type.with_context(lang="it_IT").name = "Acquisizione"
        stage.with_context(lang="it_IT").name = "Ci lavoriamo"
        self._load_languages()
        self._load("prospect", self.hills)
        self.assertEqual(lead_type.with_context(lang="it_IT").name, "Acquisizione")
        self.assertEqual(stage.with_context(lang="it_IT").name, "Ci lavoriamo")


class TestTypePresetNames(PresetCase):
    """The translations that the module ships."""

    def test_states_have_the_names_that_they_have_there(self):
        for key, (lang, names) in ORIGINALS.items():
            for stage, original in zip(PRESETS[key]["stages"], names, strict=True):
                translated = stage["name"]._translate(lang)
                with self.subTest(stage=stage["key"]):
                    self.assertNotEqual(translated, stage["name"]._source)
                    self.assertIn((original or "").casefold(), translated.casefold())

    def test_loaded_names_are_those(self):
        for lang in LANGUAGES:
            self.env["res.lang"]._activate_lang(lang)
            self.env["ir.module.module"]._load_module_terms(["crm_lead_lifecycle"], [lang])
        for key in PRESETS:
            lead_type = self._load(key)
            for lang in LANGUAGES:
                names = {stage.preset_key: stage.name for stage in lead_type.with_context(lang=lang).stage_ids}
                expected = {stage["key"]: stage["name"]._translate(lang) for stage in PRESETS[key]["stages"]}
                with self.subTest(preset=key, lang=lang):
                    self.assertEqual(names, expected)
