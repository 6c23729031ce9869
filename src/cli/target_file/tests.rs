use super::*;
use proptest::prelude::*;

const WHOLE: &str = "[target]\nkind = \"gaussian\"\nmean = [0, 1]\ncovariance = [[1, 0.25], [0.25, 2]]\n\
                     [base]\nkind = \"gaussian\"\n[schedule]\nkind = \"table\"\nt = [0, 0.5, 1]\n\
                     lambda = [0, 0.25, 1]\n[run]\nkappa = [2, 0.5]\nstart = 0.125\n";

fn parse(text: &str) -> Result<TargetFile> {
    TargetFile::parse("x.toml", text)
}

fn path(file: &TargetFile) -> &GaussianPath {
    match &file.subject {
        Subject::Path(path) => path,
        Subject::Law(law) => panic!("no gaussian target: {law}"),
    }
}

#[test]
fn a_whole_file_is_read_as_it_is_written() {
    let file = parse(WHOLE).unwrap();
    let target = path(&file).target();
    assert_eq!(target.mean().as_slice(), [0.0, 1.0]);
    assert_eq!(target.covariance(), DMatrix::from_row_slice(2, 2, &[1.0, 0.25, 0.25, 2.0]));
    assert!(path(&file).has_standard_base());
    assert_eq!(*path(&file).schedule(), Schedule::table(vec![0.0, 0.5, 1.0], vec![0.0, 0.25, 1.0]).unwrap());
    assert_eq!((file.kappas, file.start), (vec![2.0, 0.5], 0.125));
}

#[test]
fn what_is_left_out_has_its_default() {
    let file = parse("[target]\nkind = \"gaussian\"\nstd = 1.5").unwrap();
    assert_eq!(path(&file).target().mean().as_slice(), [0.0]);
    assert_eq!(path(&file).target().covariance_entry(0, 0), 2.25);
    assert_eq!(*path(&file).schedule(), Schedule::cosine());
    assert_eq!((file.kappas, file.start), (DEFAULT_KAPPAS.to_vec(), 0.0));
    let file =
        parse("[target]\nkind = \"gaussian\"\ncovariance = [[1, 0], [0, 4]]\n[run]\nstart = 0.5").unwrap();
    // A diagonal covariance is kept as independent coordinates.
    assert_eq!(path(&file).target().variances(), Some(&[1.0, 4.0][..]));
    assert_eq!((file.kappas, file.start), (DEFAULT_KAPPAS.to_vec(), 0.5));
}

#[test]
fn every_kind_of_the_grammar_is_read() {
    for kind in TARGET_KINDS {
        let message = parse(&format!("[target]\nkind = \"{kind}\"\nanything = 1")).unwrap_err().to_string();
        assert!(message.contains("target.anything: unknown key"), "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    /// A file with one stretch of it replaced is read or refused with its name, never a panic.
    #[test]
    fn damaged_files_are_read_or_refused(
        at in 0..WHOLE.len(),
        length in 0_usize..40,
        with in prop_oneof![
            Just(String::new()), Just("nan".into()), Just("-inf".into()), Just("1e999".into()), Just("[]".into()),
            Just("\"".into()), Just("0x10".into()), Just("\n[run]\n".into()), Just("-0.0".into()), any::<String>(),
        ],
    ) {
        let end = (at + length).min(WHOLE.len());
        let text = format!("{}{with}{}", &WHOLE[..at], &WHOLE[end..]);
        match parse(&text) {
            Ok(file) => {
                prop_assert!(file.kappas.iter().all(|k| *k > 0.0 && k.is_finite()) && !file.kappas.is_empty());
                prop_assert!((0.0..1.0).contains(&file.start));
            }
            Err(error) => prop_assert!(error.to_string().starts_with("x.toml: "), "{error}"),
        }
    }
}
