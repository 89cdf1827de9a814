use std::io::Write as _;
use std::time::Duration;

use super::*;

fn texts(read: Step) -> Vec<(u64, String)> {
    let Step::Lines(lines) = read else {
        panic!("{read:?}");
    };
    let brief = |line: Line| (line.number, String::from_utf8(line.text.unwrap()).unwrap());
    lines.into_iter().map(brief).collect()
}

fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn whole_lines_are_read_as_they_come_and_an_open_one_waits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("q");
    fs::write(&path, "\u{feff}a\n\nb").unwrap();
    let mut follow = Follow::open(&path).unwrap();
    assert_eq!(texts(follow.next().unwrap()), [(1, "a".to_owned())]);
    assert_eq!(follow.next().unwrap(), Step::Nothing);
    append(&path, "b\r\nc");
    assert_eq!(texts(follow.next().unwrap()), [(3, "bb\r".to_owned())]);
    let rest = follow.rest().unwrap();
    assert_eq!((rest.number, rest.text.unwrap()), (4, b"c".to_vec()));
    assert!(follow.rest().is_none());
}

#[test]
fn a_file_that_was_cut_written_over_or_replaced_is_read_from_its_top() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("q");
    fs::write(&path, "one\ntwo\n").unwrap();
    let mut follow = Follow::open(&path).unwrap();
    assert_eq!(texts(follow.next().unwrap()).len(), 2);
    for (change, text) in [("cut", "1\n"), ("written over", "three\nfour\n")] {
        fs::write(&path, text).unwrap();
        assert_eq!(follow.next().unwrap(), Step::Anew, "{change}");
        assert_eq!(texts(follow.next().unwrap())[0].0, 1, "{change}");
    }
    let other = folder.path().join("other");
    fs::write(&other, "three\nfour\nfive\n").unwrap();
    append(&path, "last\n");
    fs::rename(&other, &path).unwrap();
    assert_eq!(texts(follow.next().unwrap()), [(3, "last".to_owned())]);
    assert_eq!(follow.next().unwrap(), Step::Anew);
    assert_eq!(texts(follow.next().unwrap()).len(), 3);
    fs::remove_file(&path).unwrap();
    assert_eq!(follow.next().unwrap(), Step::Nothing);
}

#[test]
fn the_same_line_at_the_same_place_has_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("q");
    fs::write(&path, "a\na\n").unwrap();
    let keys = || {
        let Step::Lines(lines) = Follow::open(&path).unwrap().next().unwrap() else {
            panic!("there are lines");
        };
        lines.into_iter().map(|line| line.key).collect()
    };
    let first: Vec<String> = keys();
    assert_ne!(first[0], first[1]);
    assert_eq!(first, keys());
    fs::write(&path, "b\na\n").unwrap();
    let other = keys();
    assert_ne!(first[0], other[0]);
    assert_eq!(first[1], other[1]);
}

#[test]
fn a_line_that_never_ends_is_not_held() {
    let mut lines = Lines::default();
    let piece = vec![b'x'; PIECE];
    for _ in 0..70 {
        assert!(lines.feed(&piece).is_empty());
    }
    assert!(lines.begun.capacity() < LONGEST);
    let line = lines.feed(b"\n{}\n");
    assert_eq!((line[0].number, &line[0].text), (1, &None));
    assert_eq!((line[1].number, &line[1].text), (2, &Some(b"{}".to_vec())));
}

#[test]
fn a_line_that_was_taken_before_its_end_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("q");
    fs::write(&path, "a\nb").unwrap();
    let mut follow = Follow::open(&path).unwrap();
    follow.next().unwrap();
    let rest = follow.rest().unwrap();
    append(&path, "\r\nc\nd");
    let Step::Lines(lines) = follow.next().unwrap() else {
        panic!("there are lines");
    };
    assert_eq!(lines.len(), 1, "the end of b is none");
    assert_eq!(follow.rest().unwrap().number, 4);
    let mut again = Follow::open(&path).unwrap();
    let Step::Lines(whole) = again.next().unwrap() else {
        panic!("there are lines");
    };
    assert_eq!((&whole[1].key, &whole[2]), (&rest.key, &lines[0]));
    // More than its end came: what was taken was not all of it.
    append(&path, "e\n");
    assert_eq!(texts(follow.next().unwrap()), [(4, "de".to_owned())]);
}

#[test]
fn another_text_of_the_same_length_and_a_last_line_without_its_end_are_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("q");
    fs::write(&path, format!("1\n{}\n", "x".repeat(LOOK_BACK))).unwrap();
    let mut follow = Follow::open(&path).unwrap();
    assert_eq!(texts(follow.next().unwrap()).len(), 2);
    assert_eq!(follow.next().unwrap(), Step::Nothing);
    for (first, expected) in [("1", Step::Nothing), ("2", Step::Anew)] {
        fs::write(&path, format!("{first}\n{}\n", "x".repeat(LOOK_BACK))).unwrap();
        let later = SystemTime::now() + Duration::from_secs(first.parse().unwrap());
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(later).unwrap();
        assert_eq!(follow.next().unwrap(), expected);
    }
    assert_eq!(texts(follow.next().unwrap())[0], (1, "2".to_owned()));
    append(&path, "rest");
    assert_eq!(follow.next().unwrap(), Step::Lines(Vec::new()));
    let other = folder.path().join("other");
    fs::write(&other, "3\n").unwrap();
    fs::rename(&other, &path).unwrap();
    assert_eq!(texts(follow.next().unwrap()), [(3, "rest".to_owned())]);
    assert_eq!(follow.next().unwrap(), Step::Anew);
    assert_eq!(texts(follow.next().unwrap()), [(1, "3".to_owned())]);
}
