//! A yes or no in an address or a header.

use std::borrow::Cow;

use poem_openapi::registry::MetaSchemaRef;
use poem_openapi::types::{ParseError, ParseFromParameter, ParseResult, Type};

/// In capitals or not, as Harbor reads it (Harbor 2.16: go-openapi's `ConvertBool`): clients write it as their language
/// does, like Python's `True`. What is neither is refused, where Harbor takes it for no.
pub struct Truth(pub bool);

impl Type for Truth {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        bool::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        bool::schema_ref()
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self::RawElementValueType> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl ParseFromParameter for Truth {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        match value {
            word if word.eq_ignore_ascii_case("true") => Ok(Self(true)),
            word if word.eq_ignore_ascii_case("false") => Ok(Self(false)),
            _ => Err(ParseError::custom("is neither true nor false")),
        }
    }
}
