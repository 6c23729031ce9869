//! Real outputs against the JSON Schemas in `docs/schemas`.

use dald::claim::Level;
use dald::ledger::{AuditReport, DEFAULT_SEED, Ledger, Portion};
use dald::measure::gaussian::Gaussian;
use dald::path::{GaussianPath, Schedule};
use dald::report::MeasureReport;
use dald::sampler::Integrator;
use dald::sampler::plan::{Plan, PlanFactor, PlanPath};
use serde_json::{Value, json};
use std::path::Path;

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schemas/{name}.schema.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Everything that is wrong with `value`, one line each.
fn complaints(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::draft202012::new(schema).unwrap();
    validator.iter_errors(value).map(|e| format!("{} at {}", e, e.instance_path())).collect()
}

fn assert_valid(schema: &Value, value: &Value) {
    assert_eq!(complaints(schema, value), Vec::<String>::new());
}

/// The audit of one cheap claim, as the first of two shards: the only key that a whole audit lacks is then there.
fn audit() -> Value {
    let claims: Vec<_> = dald::claims::all().take(1).collect();
    let ledger = Ledger::run(&claims, Level::Quick, DEFAULT_SEED, |_| {});
    let portion = Portion::new("1/2".parse().unwrap(), vec!["P1".to_owned(), "P2".to_owned()]);
    serde_json::to_value(AuditReport { shard: Some(portion), ..AuditReport::from(&ledger) }).unwrap()
}

fn measure(schedule: Schedule, start: f64) -> Value {
    let target = Gaussian::diagonal(vec![0.0, 1.0], vec![1.0, 0.25]).unwrap();
    let path = GaussianPath::from_standard(target, schedule).unwrap();
    serde_json::to_value(MeasureReport::gaussian(&path, &[1.0, 0.1], start).unwrap()).unwrap()
}

#[test]
fn schemas_are_schemas() {
    for name in ["audit", "measure", "plan"] {
        assert!(jsonschema::draft202012::meta::is_valid(&schema(name)), "{name}");
    }
}

#[test]
fn audits_follow_their_schema() {
    let (schema, value) = (schema("audit"), audit());
    assert_valid(&schema, &value);
    let read: AuditReport = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), value);
}

#[test]
fn every_key_of_the_schema_is_in_the_audit() {
    let (schema, value) = (schema("audit"), audit());
    let keys = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&schema["properties"]), keys(&value));
    assert_eq!(keys(&schema["$defs"]["claim"]["properties"]), keys(&value["claims"][0]));
}

#[test]
fn measures_follow_their_schema() {
    let schema = schema("measure");
    for schedule in Schedule::examples() {
        for start in [0.0, 0.125] {
            assert_valid(&schema, &measure(schedule.clone(), start));
        }
    }
}

fn plans() -> [Value; 2] {
    let target = Gaussian::isotropic(vec![1.0], 0.25).unwrap();
    let path = GaussianPath::from_standard(target, Schedule::cosine()).unwrap();
    let path = PlanPath::new(vec![PlanFactor::gaussian(path).unwrap()], 0.0).unwrap();
    let euler = Integrator::EulerMaruyama;
    [Plan::by_bounds(&path, euler, 0.1), Plan::by_computation(&path, euler, 0.1)]
        .map(|plan| serde_json::to_value(plan.unwrap()).unwrap())
}

#[test]
fn plans_follow_their_schema() {
    let schema = schema("plan");
    for value in plans() {
        assert_valid(&schema, &value);
        let read: Plan = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), value);
        for (key, with) in [
            ("by", json!("guess")),
            ("steps", json!(0)),
            ("steps", json!(1.5)),
            ("kappa", json!(-1.0)),
            ("integrator", json!("milstein")),
            ("comment", json!("not in the schema")),
        ] {
            let mut spoilt = value.clone();
            spoilt[key] = with;
            assert_ne!(complaints(&schema, &spoilt), Vec::<String>::new(), "{key}");
        }
    }
}

#[test]
fn schemas_refuse_what_is_wrong() {
    let (audit_schema, audit) = (schema("audit"), audit());
    let (measure_schema, measure) = (schema("measure"), measure(Schedule::cosine(), 0.0));
    let spoilt = |value: &Value, pointer: &str, with: Value| {
        let mut value = value.clone();
        *value.pointer_mut(pointer).unwrap() = with;
        value
    };
    for (pointer, with) in [
        ("/level", json!("medium")),
        ("/seed", json!(-1)),
        ("/claims/0/verdict", json!("passed")),
        ("/claims/0/false_twins", json!([])),
        ("/claims/0/tightness", json!(0.5)),
        ("/claims/0/tightness", json!({"lo": "nan", "hi": 1.0, "evidence": "exact"})),
        ("/claims/0/tightness", json!({"lo": 0.0, "hi": 1.0, "evidence": "exact", "mid": 0.5})),
        ("/summary", json!({"holds": 1, "refuted": 0, "inconclusive": 0})),
    ] {
        assert_ne!(
            complaints(&audit_schema, &spoilt(&audit, pointer, with)),
            Vec::<String>::new(),
            "{pointer}"
        );
    }
    for (pointer, with) in [
        ("/bias/0/kappa", json!(0.0)),
        ("/bias", json!([])),
        ("/action", json!("inf")),
        ("/score_lipschitz/0/t", json!(2.0)),
        ("/notes", json!("none")),
    ] {
        assert_ne!(
            complaints(&measure_schema, &spoilt(&measure, pointer, with)),
            Vec::<String>::new(),
            "{pointer}"
        );
    }
    let mut extra = measure;
    extra["comment"] = json!("not in the schema");
    assert_ne!(complaints(&measure_schema, &extra), Vec::<String>::new());
}
