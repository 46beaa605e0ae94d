from . import (
    test_access_grant,
    test_access_matrix,
    test_destruction,
    test_disclosure,
    test_export,
    test_files,
    test_identity,
    test_leak_crawler,
    test_leaks,
    test_person_request,
    test_sealed,
)
