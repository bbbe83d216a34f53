"""Shapes of requests and answers, one module for each thing they are about.

Bodies refuse unknown fields; answers list exactly what is shown.
"""

from services.directory.schemas.associations import (
    AssociationArgumentsSchema,
    AssociationPageSchema,
    AssociationSchema,
    ContactSchema,
    DescriptionSchema,
    FacetsSchema,
    RegistrationSchema,
)
from services.directory.schemas.memberships import (
    MembershipArgumentsSchema,
    MembershipBodySchema,
    MembershipSchema,
)
from services.directory.schemas.offers import (
    MunicipalOfferBodySchema,
    NoteBodySchema,
    NoteSchema,
    OfferArgumentsSchema,
    OfferBodySchema,
    OfferDescriptionSchema,
    OfferSchema,
    OfferTimeBodySchema,
    OfferTimeSchema,
)
from services.directory.schemas.offices import (
    OfficeArgumentsSchema,
    OfficeBodySchema,
    OfficeEndSchema,
    OfficeSchema,
)
from services.directory.schemas.people import (
    MeSchema,
    MyAssociationSchema,
    PersonArgumentsSchema,
    PersonChangeSchema,
    PersonSchema,
)
from services.directory.schemas.search import (
    ListingSchema,
    SearchArgumentsSchema,
    SearchFacetsSchema,
    SearchPageSchema,
    SuggestionArgumentsSchema,
    SuggestionsSchema,
)
from services.directory.schemas.sign_in import (
    JwksSchema,
    NewSessionSchema,
    RenewalBodySchema,
    SessionBodySchema,
    SessionPersonSchema,
    SessionSchema,
    SignInFlowBodySchema,
    SignInFlowSchema,
    SignInLinkBodySchema,
    SignInLinkSchema,
    SignInMethodsSchema,
)
from services.directory.schemas.values import (
    Cvr,
    ReasonSchema,
    WhoSchema,
)
from services.directory.schemas.vocabulary import (
    DepartmentSchema,
    PlaceSchema,
    VocabularySchema,
    WordSchema,
)

__all__ = [
    "AssociationArgumentsSchema",
    "AssociationPageSchema",
    "AssociationSchema",
    "ContactSchema",
    "Cvr",
    "DepartmentSchema",
    "DescriptionSchema",
    "FacetsSchema",
    "JwksSchema",
    "ListingSchema",
    "MeSchema",
    "MembershipArgumentsSchema",
    "MembershipBodySchema",
    "MembershipSchema",
    "MunicipalOfferBodySchema",
    "MyAssociationSchema",
    "NewSessionSchema",
    "NoteBodySchema",
    "NoteSchema",
    "OfferArgumentsSchema",
    "OfferBodySchema",
    "OfferDescriptionSchema",
    "OfferSchema",
    "OfferTimeBodySchema",
    "OfferTimeSchema",
    "OfficeArgumentsSchema",
    "OfficeBodySchema",
    "OfficeEndSchema",
    "OfficeSchema",
    "PersonArgumentsSchema",
    "PersonChangeSchema",
    "PersonSchema",
    "PlaceSchema",
    "ReasonSchema",
    "RegistrationSchema",
    "RenewalBodySchema",
    "SearchArgumentsSchema",
    "SearchFacetsSchema",
    "SearchPageSchema",
    "SessionBodySchema",
    "SessionPersonSchema",
    "SessionSchema",
    "SignInFlowBodySchema",
    "SignInFlowSchema",
    "SignInLinkBodySchema",
    "SignInLinkSchema",
    "SignInMethodsSchema",
    "SuggestionArgumentsSchema",
    "SuggestionsSchema",
    "VocabularySchema",
    "WhoSchema",
    "WordSchema",
]
