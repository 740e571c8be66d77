//! wiremock deviants, to come.
