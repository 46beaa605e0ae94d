{
    "name": "Crisis Intervention: Proof of a New Kind of Record",
    "summary": "For tests only: a kind of record that the core knows nothing of",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "crisis_intervention developers",
    "license": "LGPL-3",
    "depends": ["crisis_intervention"],
    "data": [
        "security/ir.model.access.csv",
        "security/proof_home_visit_rules.xml",
        "data/mail_activity_type_data.xml",
        "report/proof_home_visit_templates.xml",
        "views/crisis_case_views.xml",
    ],
    "installable": True,
}
