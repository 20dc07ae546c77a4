// Command generate writes the field tables of Kubernetes' own types, as Rust, to ../src/types/kubernetes.rs.
//
// It walks the Go types of k8s.io/api and k8s.io/apiextensions-apiserver from the roots below, as encoding/json and
// apimachinery's converter see them: names from the json tags, embedded structs flattened, pointers followed. A type
// with a JSON form of its own must be named in `leaf`; one that is not stops the program, since a guess would make the
// tables wrong without a sign. The output depends on nothing but the versions in go.mod.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path"
	"reflect"
	"slices"
	"sort"
	"strings"
	"unicode"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	rbac "k8s.io/api/rbac/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const target = "../src/types/kubernetes.rs"

// roots are the types that other code names; what they refer to follows by itself.
var roots = []reflect.Type{
	reflect.TypeFor[admissionregistration.MutatingWebhook](),
	reflect.TypeFor[admissionregistration.RuleWithOperations](),
	reflect.TypeFor[admissionregistration.ValidatingWebhook](),
	reflect.TypeFor[apiextensions.CustomResourceDefinition](),
	reflect.TypeFor[apps.DeploymentSpec](),
	reflect.TypeFor[core.Affinity](),
	reflect.TypeFor[core.EnvFromSource](),
	reflect.TypeFor[core.EnvVar](),
	reflect.TypeFor[core.PodTemplateSpec](),
	reflect.TypeFor[core.ResourceRequirements](),
	reflect.TypeFor[core.Toleration](),
	reflect.TypeFor[core.Volume](),
	reflect.TypeFor[core.VolumeMount](),
	reflect.TypeFor[meta.LabelSelector](),
	reflect.TypeFor[meta.ObjectMeta](),
	reflect.TypeFor[rbac.PolicyRule](),
}

var schema = reflect.TypeFor[apiextensions.JSONSchemaProps]()

// leaf is the Rust `Type` of each Go type whose JSON form is its own and no mapping of its fields.
func (t *tables) leaf(ty reflect.Type) (string, bool) {
	switch ty {
	case reflect.TypeFor[resource.Quantity]():
		return "Type::Quantity", true
	case reflect.TypeFor[intstr.IntOrString]():
		return "Type::IntOrString", true
	case reflect.TypeFor[meta.Time]():
		return "Type::Time", true
	case reflect.TypeFor[[]byte]():
		return "Type::Bytes", true
	case reflect.TypeFor[apiextensions.JSON](), reflect.TypeFor[meta.FieldsV1](), reflect.TypeFor[runtime.RawExtension]():
		return "Type::Any", true
	case reflect.TypeFor[apiextensions.JSONSchemaPropsOrBool]():
		return "Type::SchemaOrBool(&" + t.expression(schema) + ")", true
	case reflect.TypeFor[apiextensions.JSONSchemaPropsOrArray]():
		return "Type::SchemaOrArray(&" + t.expression(schema) + ")", true
	case reflect.TypeFor[apiextensions.JSONSchemaPropsOrStringArray]():
		return "Type::SchemaOrStringArray(&" + t.expression(schema) + ")", true
	}
	return "", false
}

// tables holds the structs met so far.
type tables struct {
	// The Rust expression for each field, by the field's name.
	fields map[reflect.Type]map[string]string
	// What stands for a struct in an expression until all are known: only then it shows which names clash.
	placeholders map[string]reflect.Type
}

// structure notes a struct and all that it refers to, and gives the placeholder of its name.
func (t *tables) structure(ty reflect.Type) string {
	placeholder := "<" + ty.PkgPath() + "." + ty.Name() + ">"
	if _, known := t.fields[ty]; !known {
		t.fields[ty] = map[string]string{}
		t.placeholders[placeholder] = ty
		t.collect(ty, t.fields[ty])
	}
	return placeholder
}

// collect adds the fields of a struct and of those that it embeds.
func (t *tables) collect(ty reflect.Type, into map[string]string) {
	for field := range ty.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "" && field.Anonymous && field.Type.Kind() == reflect.Struct:
			t.collect(field.Type, into)
		case name == "" || name == "-" || into[name] != "":
			log.Fatalf("%s.%s: json tag %q is not one that the tables can express", ty, field.Name, field.Tag.Get("json"))
		default:
			into[name] = t.expression(field.Type)
		}
	}
}

// expression is the Rust expression of type `Type` for a Go type.
func (t *tables) expression(ty reflect.Type) string {
	if leaf, ok := t.leaf(ty); ok {
		return leaf
	}
	if reflect.PointerTo(ty).Implements(reflect.TypeFor[json.Unmarshaler]()) && ty.Kind() != reflect.Pointer {
		log.Fatalf("%s decodes itself and is not listed", ty)
	}
	switch ty.Kind() {
	case reflect.Pointer:
		return t.expression(ty.Elem())
	case reflect.Struct:
		return "Type::Struct(&" + t.structure(ty) + ")"
	case reflect.Slice:
		return "Type::List(&" + t.expression(ty.Elem()) + ")"
	case reflect.Map:
		if ty.Key().Kind() == reflect.String {
			return "Type::Map(&" + t.expression(ty.Elem()) + ")"
		}
	case reflect.String:
		return "Type::String"
	case reflect.Bool:
		return "Type::Bool"
	case reflect.Int32:
		return "Type::Int32"
	case reflect.Int64:
		return "Type::Int64"
	case reflect.Float64:
		return "Type::Float"
	}
	log.Fatalf("%s (%s) has no Rust counterpart", ty, ty.Kind())
	return ""
}

// names gives every struct its Rust name: that of the Go type, with the API group in front where two groups share it.
func (t *tables) names() map[reflect.Type]string {
	packages := map[string]int{}
	for ty := range t.fields {
		packages[ty.Name()]++
	}
	names := map[reflect.Type]string{}
	for ty := range t.fields {
		name := ty.Name()
		if packages[name] > 1 {
			group := path.Base(path.Dir(ty.PkgPath()))
			name = strings.ToUpper(group[:1]) + group[1:] + name
		}
		names[ty] = screamingSnake(name)
	}
	return names
}

// screamingSnake writes `HTTPGetAction` as `HTTP_GET_ACTION`.
func screamingSnake(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) {
			endsAcronym := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if !unicode.IsUpper(runes[i-1]) || endsAcronym {
				out.WriteByte('_')
			}
		}
		out.WriteRune(unicode.ToUpper(r))
	}
	return out.String()
}

// rust writes all tables, structs and fields in the order of their names.
func (t *tables) rust() []byte {
	names := t.names()
	var pairs []string
	for placeholder, ty := range t.placeholders {
		pairs = append(pairs, placeholder, names[ty])
	}
	resolve := strings.NewReplacer(pairs...)

	types := make([]reflect.Type, 0, len(t.fields))
	for ty := range t.fields {
		types = append(types, ty)
	}
	sort.Slice(types, func(i, j int) bool { return names[types[i]] < names[types[j]] })

	var out bytes.Buffer
	out.WriteString(header)
	for _, ty := range types {
		out.WriteByte('\n')
		if slices.Contains(roots, ty) {
			fmt.Fprintf(&out, "/// `%s` of `%s`.\npub ", ty.Name(), ty.PkgPath())
		}
		fmt.Fprintf(&out, "static %s: Struct = Struct {\nname: %q,\nfields: &[\n", names[ty], ty.Name())
		fields := t.fields[ty]
		keys := make([]string, 0, len(fields))
		for key := range fields {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			fmt.Fprintf(&out, "Field::new(%q, %s),\n", key, resolve.Replace(fields[key]))
		}
		out.WriteString("],\n};\n")
	}
	return out.Bytes()
}

const header = `//! The fields of Kubernetes' own types, as ` + "`k8s.io/api`" + ` and ` + "`k8s.io/apiextensions-apiserver`" + ` v0.36.3 declare them.
//!
//! Generated, not written: ` + "`go -C crates/manifest/generate run .`" + `

use super::{Field, Struct, Type};
`

func main() {
	log.SetFlags(0)
	t := &tables{fields: map[reflect.Type]map[string]string{}, placeholders: map[string]reflect.Type{}}
	for _, root := range roots {
		t.structure(root)
	}
	format := exec.Command("rustfmt", "--edition", "2024")
	format.Stdin = bytes.NewReader(t.rust())
	format.Stderr = os.Stderr
	formatted, err := format.Output()
	if err != nil {
		log.Fatalf("rustfmt: %v", err)
	}
	if err := os.WriteFile(target, formatted, 0o644); err != nil {
		log.Fatal(err)
	}
}
