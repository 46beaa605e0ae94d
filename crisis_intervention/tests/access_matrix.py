"""Who may do what with which record: the access matrix of the addon, as data.

One table for the tests, which run it whole, and for the documentation. It is written from what
roles are meant to see, not from the rules in ``security/``: when both differ, a test fails.

Each block of ``ACCESS`` starts with a model; each line below names a relation between the user and
a record (``RELATIONS`` says what it means) and has one cell for every role of ``ROLES``:

- letters: what the role may do with such a record: R read, W write, C create, D delete;
- ``x``: the role works with the model, but never meets this record: searches do not find it,
  and reaching for it by id is an access error;
- ``-``: the model is closed to the role: every attempt, a search too, is an access error.

A person with several roles may do what any of them may; ``x`` and ``-`` give nothing.
"""

from functools import cache

# Column of the table to the groups of the role, without the prefix of this addon.
ROLES = {
    "nobody": "base.group_user",
    "staff": "staff",
    "head_teacher": "head_teacher",
    "school_doctor": "school_doctor",
    "security_officer": "security_officer",
    "psychology_teacher": "psychology_teacher",
    "moral_education": "moral_education",
    "principal": "principal",
    "district": "district",
    "configurator": "configurator",
    "administrator": "base.group_system,configurator",
}

RELATIONS = {
    "any": "every record: the model is the same for all schools",
    "own_class": "about a student of the class that the user leads",
    "other_class": "about a student of another class",
    "being_filled_in": "a form that is not completed yet; its case involves the school doctor",
    "medical": "the case involves the school doctor; another class",
    "own": "belongs to the user: has to do it, or has written it",
    "referred_here": "of another school; a referral to the user's centre runs",
    "own_case": "about a case that the user owns",
    "alerted": "the user has a duty in it; started by a colleague",
    "reported_here": "of another school; was reported to the user's centre",
    "own_report": "a report the user has filed",
    "own_report_others_note": "what somebody else added to the user's report",
    "others_report": "a report of a colleague",
    "own_restricted": "a report about a member of staff, filed by the user",
    "restricted": "a report about a member of staff, filed by a colleague",
    "concerns_user": "a restricted report that is about the user, or the case it led to",
    "general": "holds for all schools",
    "own_school": "belongs to the user's school",
    "own_dialog": "a dialog the user has opened",
    "others_dialog": "a dialog of a colleague",
    "others_draft": "a colleague has not sent it off yet",
    "emergency": "a colleague opened it because of a danger to life",
    "other_school": "belongs to another school",
}

# fmt: off
ACCESS = """
                          nobody staff head doctor security psychology moral principal district config admin
crisis.class
  own_class               -      R     R    R      R        RWC        RWC   RWC       -        -      -
  other_class             -      R     R    R      R        RWC        RWC   RWC       -        -      -
  other_school            -      x     x    x      x        x          x     x         -        -      -
crisis.student
  own_class               -      R     RW   R      R        RWC        RWC   RWC       -        -      -
  other_class             -      R     R    R      R        RWC        RWC   RWC       -        -      -
  other_school            -      x     x    x      x        x          x     x         -        -      -
crisis.guardian
  own_class               -      -     RW   R      R        RWC        RWC   RWC       -        -      -
  other_class             -      -     x    R      R        RWC        RWC   RWC       -        -      -
  other_school            -      -     x    x      x        x          x     x         -        -      -
crisis.class.membership
  own_class               -      -     R    R      -        R          R     R         -        -      -
  other_class             -      -     x    R      -        R          R     R         -        -      -
  other_school            -      -     x    x      -        x          x     x         -        -      -
crisis.concern
  own_report              -      RC    RC   RC     RC       RWC        RWC   RWC       x        -      -
  others_report           -      x     x    x      x        RW         RW    RW        x        -      -
  own_restricted          -      RC    RC   RC     RC       RC         RC    RWC       x        -      -
  restricted              -      x     x    x      x        x          x     RW        x        -      -
  concerns_user           -      x     x    x      x        x          x     x         x        -      -
  other_school            -      x     x    x      x        x          x     x         x        -      -
crisis.concern.addendum
  own_report              -      RC    RC   RC     RC       RC         RC    RC        x        -      -
  own_report_others_note  -      x     x    x      x        R          R     R         x        -      -
  others_report           -      x     x    x      x        RC         RC    RC        x        -      -
  own_restricted          -      RC    RC   RC     RC       RC         RC    RC        x        -      -
  restricted              -      x     x    x      x        x          x     RC        x        -      -
  concerns_user           -      x     x    x      x        x          x     x         x        -      -
  other_school            -      x     x    x      x        x          x     x         x        -      -
crisis.body.mark
  own_report              -      R     R    R      R        R          R     R         -        -      -
  others_report           -      x     x    x      x        R          R     R         -        -      -
  own_restricted          -      R     R    R      R        R          R     R         -        -      -
  restricted              -      x     x    x      x        x          x     R         -        -      -
  concerns_user           -      x     x    x      x        x          x     x         -        -      -
  other_school            -      x     x    x      x        x          x     x         -        -      -
crisis.case
  own_class               -      -     R    x      -        RWC        RW    RW        x        -      -
  other_class             -      -     x    x      -        RWC        RW    RW        x        -      -
  medical                 -      -     x    R      -        RWC        RW    RW        x        -      -
  other_school            -      -     x    x      -        x          x     x         x        -      -
  referred_here           -      -     x    x      -        x          x     x         R        -      -
  concerns_user           -      -     x    x      -        x          x     x         x        -      -
crisis.deadline
  own_class               -      -     -    -      -        R          R     R         -        -      -
  other_class             -      -     -    -      -        R          R     R         -        -      -
  medical                 -      -     -    -      -        R          R     R         -        -      -
  other_school            -      -     -    -      -        x          x     x         -        -      -
crisis.case.change
  own_class               -      -     -    -      -        R          R     R         -        -      -
  other_class             -      -     -    -      -        R          R     R         -        -      -
  medical                 -      -     -    -      -        R          R     R         -        -      -
  other_school            -      -     -    -      -        x          x     x         -        -      -
crisis.text.version
  own_class               -      -     -    -      -        R          -     R         -        -      -
  other_class             -      -     -    -      -        R          -     R         -        -      -
  medical                 -      -     -    -      -        R          -     R         -        -      -
  other_school            -      -     -    -      -        x          -     x         -        -      -
crisis.chronology
  own_class               -      -     R    x      -        R          R     R         -        -      -
  other_class             -      -     x    x      -        R          R     R         -        -      -
  medical                 -      -     x    R      -        R          R     R         -        -      -
  other_school            -      -     x    x      -        x          x     x         -        -      -
crisis.instrument
  general                 -      -     -    R      -        R          R     R         -        RWC    RWC
  own_school              -      -     -    R      -        RWC        R     R         -        RWC    RWC
  other_school            -      -     -    x      -        x          x     x         -        x      x
crisis.instrument.item
  general                 -      -     -    R      -        R          R     R         -        RWCD   RWCD
  own_school              -      -     -    R      -        RWCD       R     R         -        RWCD   RWCD
  other_school            -      -     -    x      -        x          x     x         -        x      x
crisis.instrument.option
  general                 -      -     -    R      -        R          R     R         -        RWCD   RWCD
  own_school              -      -     -    R      -        RWCD       R     R         -        RWCD   RWCD
  other_school            -      -     -    x      -        x          x     x         -        x      x
crisis.instrument.scale
  general                 -      -     -    R      -        R          R     R         -        RWCD   RWCD
  own_school              -      -     -    R      -        RWCD       R     R         -        RWCD   RWCD
  other_school            -      -     -    x      -        x          x     x         -        x      x
crisis.instrument.band
  general                 -      -     -    R      -        R          R     R         -        RWCD   RWCD
  own_school              -      -     -    R      -        RWCD       R     R         -        RWCD   RWCD
  other_school            -      -     -    x      -        x          x     x         -        x      x
crisis.assessment
  being_filled_in         -      -     -    x      -        RWC        x     x         -        -      -
  own_class               -      -     -    x      -        RWC        R     R         -        -      -
  other_class             -      -     -    x      -        RWC        R     R         -        -      -
  medical                 -      -     -    R      -        RWC        R     R         -        -      -
  other_school            -      -     -    x      -        x          x     x         -        -      -
crisis.assessment.addendum
  other_class             -      -     -    -      -        RC         -     -         -        -      -
  other_school            -      -     -    -      -        x          -     -         -        -      -
crisis.assessment.decide
  own_dialog              -      -     -    -      -        RWCD       RWCD  RWCD      -        -      -
  others_dialog           -      -     -    -      -        x          x     x         -        -      -
crisis.assessment.compare
  own_dialog              -      -     -    RWCD   -        RWCD       RWCD  RWCD      -        -      -
  others_dialog           -      -     -    x      -        x          x     x         -        -      -
crisis.assessment.transcribe
  own_dialog              -      -     -    -      -        RWCD       -     -         -        -      -
  others_dialog           -      -     -    -      -        x          -     -         -        -      -
crisis.assessment.transcribe.line
  own_dialog              -      -     -    -      -        RWCD       -     -         -        -      -
  others_dialog           -      -     -    -      -        x          -     -         -        -      -
crisis.instrument.import
  own_dialog              -      -     -    -      -        RWCD       -     -         -        RWCD   RWCD
  others_dialog           -      -     -    -      -        x          -     -         -        x      x
crisis.plan
  being_filled_in         -      -     x    x      -        RWC        RW    R         -        -      -
  own_class               -      -     R    x      -        RWC        RW    R         -        -      -
  other_class             -      -     x    x      -        RWC        RW    R         -        -      -
  medical                 -      -     x    R      -        RWC        RW    R         -        -      -
  other_school            -      -     x    x      -        x          x     x         -        -      -
crisis.measure
  own                     -      RW    RW   RW     RW       RWC        RW    RW        -        -      -
  own_class               -      x     R    x      x        RWC        RW    R         -        -      -
  other_class             -      x     x    x      x        RWC        RW    R         -        -      -
  medical                 -      x     x    R      x        RWC        RW    R         -        -      -
  other_school            -      x     x    x      x        x          x     x         -        -      -
crisis.approval
  own_class               -      -     -    -      -        R          R     R         -        -      -
  other_class             -      -     -    -      -        R          R     R         -        -      -
  medical                 -      -     -    -      -        R          R     R         -        -      -
  other_school            -      -     -    -      -        x          x     x         -        -      -
crisis.session
  own                     -      -     -    -      -        RWC        R     R         -        -      -
  own_class               -      -     -    -      -        RWC        R     R         -        -      -
  other_class             -      -     -    -      -        RWC        R     R         -        -      -
  medical                 -      -     -    -      -        RWC        R     R         -        -      -
  other_school            -      -     -    -      -        x          x     x         -        -      -
crisis.session.addendum
  other_class             -      -     -    -      -        RC         -     -         -        -      -
  other_school            -      -     -    -      -        x          -     -         -        -      -
crisis.guardian.contact
  own                     -      -     RWC  -      -        RWC        RWC   RWC       -        -      -
  own_class               -      -     R    -      -        RW         R     R         -        -      -
  other_class             -      -     x    -      -        RW         R     R         -        -      -
  medical                 -      -     x    -      -        RW         R     R         -        -      -
  other_school            -      -     x    -      -        x          x     x         -        -      -
crisis.guardian.waiver
  own_class               -      -     -    -      -        RWC        RWC   R         -        -      -
  other_class             -      -     -    -      -        RWC        RWC   R         -        -      -
  medical                 -      -     -    -      -        RWC        RWC   R         -        -      -
  other_school            -      -     -    -      -        x          x     x         -        -      -
crisis.medical.record
  own                     -      -     -    RWC    -        x          -     x         -        -      -
  own_class               -      -     -    x      -        R          -     R         -        -      -
  other_class             -      -     -    x      -        R          -     R         -        -      -
  medical                 -      -     -    R      -        R          -     R         -        -      -
  other_school            -      -     -    x      -        x          -     x         -        -      -
crisis.mandatory.situation
  any                     -      R     R    R      R        R          R     R         R        RWC    RWC
crisis.mandatory.report
  own_class               -      -     -    -      -        RWC        RWC   RWC       -        -      -
  other_class             -      -     -    -      -        RWC        RWC   RWC       -        -      -
  medical                 -      -     -    -      -        RWC        RWC   RWC       -        -      -
  other_school            -      -     -    -      -        x          x     x         -        -      -
crisis.referral
  referred_here           -      -     -    x      -        x          x     x         RW       -      -
  own_class               -      -     -    x      -        RWC        R     R         x        -      -
  other_class             -      -     -    x      -        RWC        R     R         x        -      -
  medical                 -      -     -    R      -        RWC        R     R         x        -      -
  other_school            -      -     -    x      -        x          x     x         x        -      -
crisis.review
  being_filled_in         -      -     -    x      -        RWC        x     x         -        -      -
  own_class               -      -     -    x      -        RWC        R     R         -        -      -
  other_class             -      -     -    x      -        RWC        R     R         -        -      -
  medical                 -      -     -    R      -        RWC        R     R         -        -      -
  other_school            -      -     -    x      -        x          x     x         -        -      -
crisis.school.return
  being_filled_in         -      -     x    x      -        RWC        R     R         -        -      -
  own_class               -      -     R    x      -        RWC        R     R         -        -      -
  other_class             -      -     x    x      -        RWC        R     R         -        -      -
  medical                 -      -     x    R      -        RWC        R     R         -        -      -
  other_school            -      -     x    x      -        x          x     x         -        -      -
crisis.escalation
  referred_here           -      -     -    -      -        x          x     x         R        -      -
  own_class               -      -     -    -      -        R          R     R         x        -      -
  other_class             -      -     -    -      -        R          R     R         x        -      -
  medical                 -      -     -    -      -        R          R     R         x        -      -
  other_school            -      -     -    -      -        x          x     x         x        -      -
crisis.number.gap
  own_school              -      -     -    -      -        -          -     R         -        -      -
  other_school            -      -     -    -      -        -          -     x         -        -      -
crisis.job
  general                 -      -     -    -      -        -          -     R         -        R      R
crisis.job.fault
  own_school              -      -     -    -      -        -          -     R         -        R      R
  other_school            -      -     -    -      -        -          -     x         -        x      x
crisis.sending
  general                 -      -     -    -      -        -          -     -         -        -      -
crisis.clock
  general                 -      -     -    -      -        -          -     R         -        R      R
crisis.class.report
  own_class               -      -     R    -      -        R          R     R         -        -      -
  other_class             -      -     x    -      -        R          R     R         -        -      -
  other_school            -      -     x    -      -        x          x     x         -        -      -
crisis.plan.template
  general                 -      -     -    -      -        R          R     R         -        RWC    RWC
  own_school              -      -     -    -      -        R          R     R         -        RWC    RWC
  other_school            -      -     -    -      -        x          x     x         -        x      x
crisis.plan.template.line
  general                 -      -     -    -      -        R          R     R         -        RWCD   RWCD
  own_school              -      -     -    -      -        R          R     R         -        RWCD   RWCD
  other_school            -      -     -    -      -        x          x     x         -        x      x
crisis.emergency
  own                     -      RC    RC   RWC    RWC      RWC        RWC   RWC       x        -      -
  alerted                 -      R     R    RW     RW       RW         RW    RW        x        -      -
  own_class               -      x     R    RW     RW       RW         RW    RW        x        -      -
  other_class             -      x     x    RW     RW       RW         RW    RW        x        -      -
  reported_here           -      x     x    x      x        x          x     x         R        -      -
  other_school            -      x     x    x      x        x          x     x         x        -      -
crisis.emergency.step
  own                     -      R     R    R      R        R          R     R         -        -      -
  alerted                 -      R     R    R      R        R          R     R         -        -      -
  own_class               -      x     R    R      R        R          R     R         -        -      -
  other_class             -      x     x    R      R        R          R     R         -        -      -
  reported_here           -      x     x    x      x        x          x     x         -        -      -
  other_school            -      x     x    x      x        x          x     x         -        -      -
crisis.emergency.alert
  own                     -      R     R    R      R        R          R     R         -        -      -
  alerted                 -      R     R    R      R        R          R     R         -        -      -
  own_class               -      x     R    R      R        R          R     R         -        -      -
  other_class             -      x     x    R      R        R          R     R         -        -      -
  reported_here           -      x     x    x      x        x          x     x         -        -      -
  other_school            -      x     x    x      x        x          x     x         -        -      -
crisis.emergency.event
  own                     -      R     R    R      R        R          R     R         -        -      -
  alerted                 -      R     R    R      R        R          R     R         -        -      -
  own_class               -      x     R    R      R        R          R     R         -        -      -
  other_class             -      x     x    R      R        R          R     R         -        -      -
  reported_here           -      x     x    x      x        x          x     x         -        -      -
  other_school            -      x     x    x      x        x          x     x         -        -      -
crisis.emergency.measure
  own                     -      RW    RW   RW     RW       RWC        RWC   RWC       -        -      -
  own_class               -      x     x    x      x        RWC        RWC   RWC       -        -      -
  other_class             -      x     x    x      x        RWC        RWC   RWC       -        -      -
  other_school            -      x     x    x      x        x          x     x         -        -      -
crisis.emergency.report
  own_class               -      -     -    -      -        R          RWC   RWC       x        -      -
  other_class             -      -     -    -      -        R          RWC   RWC       x        -      -
  reported_here           -      -     -    -      -        x          x     x         R        -      -
  other_school            -      -     -    -      -        x          x     x         x        -      -
crisis.protocol
  general                 -      R     R    R      R        R          R     R         -        RWC    RWC
  own_school              -      R     R    R      R        R          RWC   RWC       -        RWC    RWC
  other_school            -      x     x    x      x        x          x     x         -        x      x
crisis.protocol.step
  general                 -      R     R    R      R        R          R     R         -        RWCD   RWCD
  own_school              -      R     R    R      R        R          RWCD  RWCD      -        RWCD   RWCD
  other_school            -      x     x    x      x        x          x     x         -        x      x
crisis.protocol.review
  own_school              -      -     -    -      -        R          R     R         -        -      -
  other_school            -      -     -    -      -        x          x     x         -        -      -
crisis.emergency.witness
  own_dialog              -      -     -    -      -        RWCD       RWCD  RWCD      -        -      -
  others_dialog           -      -     -    -      -        x          x     x         -        -      -
crisis.approval.decide
  own_dialog              -      -     -    -      -        RWCD       RWCD  RWCD      -        -      -
  others_dialog           -      -     -    -      -        x          x     x         -        -      -
crisis.disclosure
  own                     -      -     -    -      -        R          -     R         -        -      -
  own_case                -      -     -    -      -        R          -     R         -        -      -
  general                 -      -     -    -      -        x          -     R         -        -      -
  other_class             -      -     -    -      -        x          -     R         -        -      -
  other_school            -      -     -    -      -        x          -     x         -        -      -
crisis.register.check
  general                 -      -     -    -      -        -          -     R         -        -      -
crisis.seal.key
  general                 -      -     -    -      -        -          -     -         -        R      R
crisis.register.archive
  general                 -      -     -    -      -        -          -     R         -        -      -
crisis.register.compare
  own_dialog              -      -     -    -      -        -          -     RWCD      -        -      -
  others_dialog           -      -     -    -      -        -          -     x         -        -      -
crisis.once
  general                 -      -     -    -      -        -          -     -         -        -      -
crisis.signature
  general                 -      -     -    -      -        -          -     -         -        -      -
crisis.role.confirmation
  own_school              -      -     -    -      -        x          x     R         x        -      -
  other_school            -      -     -    -      -        x          x     x         x        -      -
crisis.role.event
  own_school              -      -     -    -      -        -          -     R         -        -      -
  other_school            -      -     -    -      -        -          -     x         -        -      -
crisis.access.grant
  own                     -      RWC   RWC  RWC    RWC      RWC        RWC   RWC       -        -      -
  own_school              -      x     x    x      x        R          x     R         -        -      -
  others_draft            -      x     x    x      x        x          x     x         -        -      -
  emergency               -      x     x    x      x        R          R     R         -        -      -
  other_school            -      x     x    x      x        x          x     x         -        -      -
crisis.access.review
  own_dialog              -      -     -    -      -        RWCD       -     RWCD      -        -      -
  others_dialog           -      -     -    -      -        x          -     x         -        -      -
crisis.case.audience
  own_dialog              -      -     -    -      -        RD         -     RD        -        -      -
  others_dialog           -      -     -    -      -        x          -     x         -        -      -
crisis.case.reader
  own_dialog              -      -     -    -      -        RD         -     RD        -        -      -
  others_dialog           -      -     -    -      -        x          -     x         -        -      -
crisis.person.request
  own_class               -      -     -    -    -        RWC        -     RWC       -        -      -
  other_class             -      -     -    -    -        RWC        -     RWC       -        -      -
  other_school            -      -     -    -    -        x          -     x         -        -      -
crisis.legal.hold
  own_class               -      -     -    -    -        RWC        -     RWC       -        -      -
  other_class             -      -     -    -    -        RWC        -     RWC       -        -      -
  other_school            -      -     -    -    -        x          -     x         -        -      -
crisis.destruction
  own_school              -      -     -    -    -        R          R     RW        -        -      -
  other_school            -      -     -    -    -        x          x     x         -        -      -
crisis.destruction.line
  own_school              -      -     -    -    -        R          R     R         -        -      -
  other_school            -      -     -    -    -        x          x     x         -        -      -
crisis.stage
  any                     -      R     R    R      R        R          R     R         R        RWC    RWC
crisis.stage.gate
  any                     -      -     -    -      -        R          R     R         -        RWCD   RWCD
crisis.category
  any                     -      R     R    R      R        R          R     R         R        RWC    RWC
crisis.response.policy
  general                 -      R     R    R      R        R          R     R         R        RWC    RWC
  own_school              -      R     R    R      R        R          R     R         R        RWC    RWC
  other_school            -      x     x    x      x        x          x     x         x        x      x
crisis.team
  own_school              -      R     R    R      R        R          RWC   RWC       -        -      -
  other_school            -      x     x    x      x        x          x     x         -        -      -
crisis.team.member
  own_school              -      R     R    R      R        R          RWC   RWC       -        -      -
  other_school            -      x     x    x      x        x          x     x         -        -      -
crisis.concern.triage
  own_dialog              -      -     -    -      -        RWCD       RWCD  RWCD      -        -      -
  others_dialog           -      -     -    -      -        x          x     x         -        -      -
crisis.concern.triage.line
  own_dialog              -      -     -    -      -        RWCD       RWCD  RWCD      -        -      -
  others_dialog           -      -     -    -      -        x          x     x         -        -      -
crisis.concern.restrict
  own_dialog              -      -     -    -      -        RWCD       RWCD  RWCD      -        -      -
  others_dialog           -      -     -    -      -        x          x     x         -        -      -
crisis.case.change.wizard
  own_dialog              -      -     -    -      -        RWCD       RWCD  RWCD      -        -      -
  others_dialog           -      -     -    -      -        x          x     x         -        -      -
crisis.handover
  own_dialog              -      -     -    -      -        RWCD       RWCD  RWCD      -        -      -
  others_dialog           -      -     -    -      -        x          x     x         -        -      -
crisis.student.register
  own_dialog              -      -     -    -      -        RWCD       RWCD  RWCD      -        -      -
  others_dialog           -      -     -    -      -        x          x     x         -        -      -
crisis.class.move
  own_school              -      -     -    -      -        R          R     R         -        -      -
  other_school            -      -     -    -      -        x          x     x         -        -      -
crisis.class.move.line
  own_school              -      -     -    -      -        R          R     R         -        -      -
  other_school            -      -     -    -      -        x          x     x         -        -      -
crisis.class.promote
  own_dialog              -      -     -    -      -        RWCD       RWCD  RWCD      -        -      -
  others_dialog           -      -     -    -      -        x          x     x         -        -      -
"""
# fmt: on

_EMERGENCY = {
    *("school_doctor", "security_officer", "psychology_teacher", "moral_education", "principal"),
}
_STAFF = {"staff", "head_teacher", *_EMERGENCY}
_CONFIDENTIAL = {"psychology_teacher", "principal"}
_TRIAGE = {"psychology_teacher", "moral_education", "principal"}
_DIRECTORY = {"school_doctor", *_TRIAGE}
_HISTORY = {"head_teacher", *_DIRECTORY}
_GUARDIANS = {"security_officer", *_HISTORY}
_CONFIGURATORS = {"configurator", "administrator"}

# Fields with an audience smaller than their model's: model to list of (fields, roles that read,
# roles that write). Roles not named get an access error, whatever way they reach for the field.
# Fields of the chatter (activities, messages) are Odoo's own and stand outside.
FIELDS = {
    "crisis.student": [
        ("national_number birth_date partner_id leave_date", _DIRECTORY, _TRIAGE),
        ("membership_ids", _HISTORY, set()),
        ("guardian_ids", _GUARDIANS, _TRIAGE | {"head_teacher"}),
    ],
    "crisis.guardian": [
        (
            "partner_id consent_state consent_date consent_document consent_filename",
            _HISTORY,
            _TRIAGE | {"head_teacher"},
        ),
    ],
    "crisis.concern": [
        ("outcome handled_by_id dismiss_reason case_ids risk_level triage_deadline is_overdue "
         "about_principal",
         _TRIAGE, set()),
    ],
    "crisis.assessment": [
        (
            "answers transcription missing_reason addendum_ids",
            {"psychology_teacher"},
            {"psychology_teacher"},
        ),
    ],
    "crisis.case": [
        ("background risk_formulation", _CONFIDENTIAL, {"psychology_teacher"}),
        ("hold_ids on_hold", _CONFIDENTIAL, set()),
        (
            "category_ids team_ids outcome closing_summary change_reason closing_causes "
            "closing_prevention closing_told",
            _TRIAGE,
            _TRIAGE,
        ),
        (
            "concern_ids verified_at verified_by_id deadline_ids change_ids next_stage_id "
            "gate_checklist gates_met is_first_stage concern_count assessment_ids assessment_count "
            "pending_assessment_id proposed_level guardians_not_told consent_missing "
            "date_retention plan_ids measure_ids session_ids review_ids next_step open_step_count",
            _TRIAGE,
            set(),
        ),
    ],
    "crisis.stage": [("gate_ids", _TRIAGE | _CONFIGURATORS, _CONFIGURATORS)],
    "crisis.session": [
        (
            "notes risk_change confidentiality_exception summary_draft addendum_ids",
            {"psychology_teacher"},
            {"psychology_teacher"},
        ),
        ("event_id", {"psychology_teacher"}, set()),
    ],
    "crisis.class.move": [("outcome_digest undo", set(), set())],
    "crisis.plan": [("approval_ids", _TRIAGE, set()), ("asked_digest", set(), set())],
    "crisis.referral": [("approval_ids", _TRIAGE, set()), ("asked_digest", set(), set())],
    "crisis.school.return": [("approval_ids", _TRIAGE, set()), ("asked_digest", set(), set())],
    "crisis.guardian.waiver": [("approval_ids", _TRIAGE, set()), ("asked_digest", set(), set())],
    "crisis.access.grant": [
        ("case_id", _TRIAGE, _TRIAGE),
        ("approval_ids", _TRIAGE, set()),
        ("asked_digest", set(), set()),
    ],
    "crisis.emergency": [
        ("student_ids alert_ids step_ids event_ids", _STAFF, set()),
        ("what_happened causes what_worked what_to_improve statement", _EMERGENCY, _EMERGENCY),
        ("measure_ids", _EMERGENCY, _TRIAGE),
        ("date_statement statement_by_id", _EMERGENCY, set()),
        (
            "concern_ids case_ids report_ids report_state date_phone_due date_phoned "
            "date_written_due date_phone_reminder date_written_reminder waive_reason "
            "district_company_id is_report_overdue",
            _TRIAGE,
            set(),
        ),
    ],
    "crisis.protocol": [("review_ids", _TRIAGE, set())],
    "crisis.seal.key": [("check_value", set(), set())],
    "crisis.register.check": [("findings signature", set(), set())],
    "crisis.escalation": [("case_id deadline_id user_ids", _TRIAGE, set())],
}  # fmt: skip

# Fields that others than their readers see in the reading room, with a permission to look: model
# to first field of the line in FIELDS to the roles. Staff of every role may ask; these are the
# roles for which the design names it.
GRANTED = {
    "crisis.assessment": {"answers": ("principal",)},
    "crisis.session": {"notes": ("principal",)},
}


@cache
def cells(table=ACCESS):
    """Read the table.

    :param str table: by default the one of this addon; an addon has one of its own
    :return: dict of model to dict of relation to dict of role to cell
    :raises ValueError: a line has too few or too many cells, a relation or cell is unknown, or a
        role finds a model closed for one relation and open for another
    """
    result = {}
    _header, *lines = table.strip("\n").splitlines()
    for line in lines:
        name, *row = line.split()
        if not line.startswith(" "):
            model = result[name] = {}
            continue
        if name not in RELATIONS or not all(c in ("x", "-") or set(c) <= set("RWCD") for c in row):
            raise ValueError(f"unknown relation or cell: {line}")
        model[name] = dict(zip(ROLES, row, strict=True))
    for name, relations in result.items():
        for role in ROLES:
            if len({row[role] == "-" for row in relations.values()}) != 1:
                raise ValueError(f"{name} is closed to {role} in some lines only")
    return result


def groups(role):
    """Return the XML ids of the groups of ``role``, for a user of Odoo's backend."""
    names = ROLES[role].split(",")
    return [name if "." in name else f"crisis_intervention.group_{name}" for name in names]


def union(cells_of_roles):
    """Return the set of letters somebody has who holds the roles of these cells together."""
    return {letter for cell in cells_of_roles if cell not in ("x", "-") for letter in cell}
