//! The table of the rules: what each is called, what it finds, and what it lets pass.

/// What a rule is called, what it finds, and what it deliberately does not find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Its name in [`UpgradeFinding::rule`](super::UpgradeFinding::rule) and in a waiver; it never changes. A rule about a
    /// keyword of a schema is called like the keyword.
    pub code: &'static str,
    /// What it finds.
    pub meaning: &'static str,
    /// Which changes of the same thing are safe, and no finding; empty where every change is one.
    pub silent: &'static str,
}

/// Declares the rules as constants, and the table of all of them.
macro_rules! rules {
    ($($name:ident = $code:literal: $meaning:literal, $silent:literal;)*) => {
        $(pub(super) const $name: Rule = Rule { code: $code, meaning: $meaning, silent: $silent };)*

        /// Every rule, sorted by code.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    ADDITIONAL_PROPERTIES = "additionalProperties":
        "entries of a map that were kept are dropped, or any value was taken and a schema was added",
        "a map of a schema takes any value, or entries are kept that were dropped";
    ALL_OF = "allOf": "a condition was added", "a condition was removed, or one loosened (what is tightened in it is told there)";
    ANY_OF = "anyOf":
        "a choice of conditions was added, or a choice removed",
        "all choices were removed, one was added, or one loosened (what is tightened in it is told there); the choice of \
         integer and string that x-kubernetes-int-or-string implies";
    CRD_REMOVAL = "crdRemoval": "the definition is removed, and every custom resource with it", "";
    DEFAULT = "default": "a default was added, changed or removed", "the default of a new field";
    ENUM = "enum":
        "values were limited that were not, or an allowed value was removed",
        "a value was added, or the limit removed";
    EXCLUSIVE_MAXIMUM = "exclusiveMaximum":
        "the maximum itself is no longer allowed", "the maximum is allowed now, or is another one, which is told as such";
    EXCLUSIVE_MINIMUM = "exclusiveMinimum":
        "the minimum itself is no longer allowed", "the minimum is allowed now, or is another one, which is told as such";
    EXISTING_FIELD_REMOVAL = "existingFieldRemoval":
        "a field was removed, so its value is dropped; what stood below it is not told again",
        "a field that is kept as an unknown one and had no default in it; apiVersion, kind and metadata of the resource, \
         which are there without being said; a property in a condition";
    FORMAT = "format":
        "a format was added or changed", "a format was removed, or int32 became int64, or float double; the type changed, too";
    MAX_ITEMS = "maxItems": "a maximum was added or decreased", "a maximum was increased or removed";
    MAX_LENGTH = "maxLength": "a maximum was added or decreased", "a maximum was increased or removed";
    MAX_PROPERTIES = "maxProperties": "a maximum was added or decreased", "a maximum was increased or removed";
    MAXIMUM = "maximum": "a maximum was added or decreased", "a maximum was increased or removed";
    MIN_ITEMS = "minItems": "a minimum was added or increased", "a minimum was decreased or removed, or one of 0 added";
    MIN_LENGTH = "minLength": "a minimum was added or increased", "a minimum was decreased or removed, or one of 0 added";
    MIN_PROPERTIES = "minProperties": "a minimum was added or increased", "a minimum was decreased or removed, or one of 0 added";
    MINIMUM = "minimum": "a minimum was added or increased", "a minimum was decreased or removed";
    MULTIPLE_OF = "multipleOf":
        "a divisor was added or changed", "a divisor was removed, or changed to one that divides the old one";
    NAMES = "names": "group, plural or kind changed, which servers refuse", "other names, such as short ones";
    NOT = "not": "a forbidden schema was added or changed", "it was removed";
    NULLABLE = "nullable": "null became allowed, or is no longer allowed", "";
    ONE_OF = "oneOf":
        "a choice of schemas was added, or a choice added, changed or removed: a value that fitted one may fit none or two now", "";
    PATTERN = "pattern": "a pattern was added, changed or removed", "";
    PRESERVE_UNKNOWN_FIELDS = "preserveUnknownFields":
        "spec.preserveUnknownFields is no longer true, so fields that no schema knows are dropped", "";
    REQUIRED = "required":
        "a field must be there that could be missing",
        "a field need no longer be there; a field that has a default, which a server fills in before it looks";
    SCOPE = "scope": "the scope changed, which servers refuse", "";
    SERVED_VERSION_DISABLED = "servedVersionDisabled":
        "a version that was served is there, but no longer served", "a version is served that was not";
    SERVED_VERSION_REMOVAL = "servedVersionRemoval":
        "a version that was served was removed", "a version that was not served was removed";
    STORAGE_VERSION_CHANGE = "storageVersionChange":
        "objects are stored in a version that was not served before, so there is no way back to the old definition",
        "objects are stored in another version that was served before; the two are compared as served ones";
    STORED_VERSION_REMOVAL = "storedVersionRemoval":
        "a version of status.storedVersions was removed, so objects may be there that cannot be read", "";
    SUBRESOURCE_REMOVAL = "subresourceRemoval":
        "a served version lost its subresource status or scale", "a subresource was added or changed";
    TOO_DEEP = "tooDeep": "a schema is nested too deep, or a path in it too long, to be compared", "";
    TOO_LARGE = "tooLarge": "the definition is so large that the comparison was not finished", "";
    TOO_MANY_FINDINGS = "tooManyFindings": "there are more findings than are listed", "";
    TYPE = "type": "the type changed, whatever to; what stands below is not compared then", "";
    UNHANDLED = "unhandled":
        "something changed that has no rule: keywords that no server takes in a schema, or that do not have their type",
        "description, title, example, examples and externalDocs";
    UNIQUE_ITEMS = "uniqueItems": "items of a list must differ", "they need no longer differ";
    X_EMBEDDED_RESOURCE = "x-kubernetes-embedded-resource": "an object became a whole resource, or no longer is one", "";
    X_INT_OR_STRING = "x-kubernetes-int-or-string":
        "any value was allowed, and only an integer or a string is",
        "any value is allowed; the type changed, which is told as such";
    X_LIST_MAP_KEYS = "x-kubernetes-list-map-keys":
        "the keys that make items of a list the same changed", "their order; the type of the list changed, too";
    X_LIST_TYPE = "x-kubernetes-list-type":
        "how lists are merged changed, and with it which items must differ", "atomic, which is the default, was added or removed";
    X_MAP_TYPE = "x-kubernetes-map-type":
        "how maps are merged changed", "granular, which is the default, was added or removed";
    X_PRESERVE_UNKNOWN_FIELDS = "x-kubernetes-preserve-unknown-fields":
        "fields that the schema does not know are no longer kept", "they are kept now";
    X_VALIDATIONS = "x-kubernetes-validations":
        "a CEL rule was added or changed", "a rule was removed; its message, reason or place changed";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique() {
        assert!(RULES.is_sorted_by(|a, b| a.code < b.code));
    }
}
