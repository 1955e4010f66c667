//! From bytes to a report.

use crate::attribution::Attribution;
use crate::error::AuditError;
use crate::flow::{Gap, Walk};
use crate::input::{
    ARCHIVE_MAGIC, ELF_MAGIC, THIN_ARCHIVE_MAGIC, for_each_object, needed_symbols, parse, read,
};
use crate::instructions::{Architecture, Class};
use crate::intended;
use crate::lines::Lines;
use crate::machine::machine;
use crate::options::{InputKind, Options};
use crate::program::Program;
use crate::replacements;
use crate::report::{Finding, FunctionSummary, NotFollowed, ReplacedBy, Report, Summary};
use crate::view::View;
use object::{Object, ObjectKind};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// Audits a file.
///
/// # Errors
///
/// See [`AuditError`].
pub fn audit_file(path: &Path, options: &Options) -> Result<Report, AuditError> {
    let bytes = read(path, options.size_limit)?;
    audit(&path.display().to_string(), &bytes, options)
}

/// Audits an archive, an object or an image. `name` is how the report calls it.
///
/// # Errors
///
/// See [`AuditError`].
pub fn audit(name: &str, bytes: &[u8], options: &Options) -> Result<Report, AuditError> {
    let mut collector = Collector::new(options);
    if bytes.is_empty() {
        return Err(AuditError::Empty);
    } else if bytes.starts_with(ARCHIVE_MAGIC) {
        collector.archive(bytes)?;
    } else if bytes.starts_with(THIN_ARCHIVE_MAGIC) {
        return Err(AuditError::ThinArchive);
    } else if bytes.starts_with(ELF_MAGIC) {
        collector.object(None, bytes)?;
    } else {
        let start = bytes.iter().copied().take(8).collect();
        return Err(AuditError::UnknownFormat { start });
    }
    collector.finish(name)
}

/// What becomes of a whole object.
struct Fate {
    /// True if the pack keeps it out of the image.
    replaced: bool,
    /// The symbol that stands for those functions which have none of their own in the pack.
    symbol: Option<String>,
}

/// Gathers the report, object by object.
struct Collector<'options> {
    options: &'options Options,
    pack: HashSet<String>,
    pack_of: Option<Architecture>,
    /// The symbols that objects of the archive need from others; `None` for a single object, of whose kit nothing is
    /// known.
    needed: Option<HashSet<String>>,
    architecture: Option<Architecture>,
    image: bool,
    any_code: bool,
    summary: Summary,
    findings: Vec<Finding>,
    not_followed: Vec<NotFollowed>,
    notes: Vec<String>,
}

impl<'options> Collector<'options> {
    fn new(options: &'options Options) -> Self {
        Self {
            options,
            pack: HashSet::new(),
            pack_of: None,
            needed: None,
            architecture: None,
            image: false,
            any_code: false,
            summary: Summary::default(),
            findings: Vec::new(),
            not_followed: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn archive(&mut self, bytes: &[u8]) -> Result<(), AuditError> {
        if self.options.kind == InputKind::Image {
            return Err(AuditError::NotAnImage { found: "an archive" });
        }
        self.needed = Some(needed_symbols(bytes)?);
        self.summary.passed_over = for_each_object(bytes, |name, data| self.object(name.as_deref(), data))?;
        Ok(())
    }

    fn object(&mut self, member: Option<&str>, bytes: &[u8]) -> Result<(), AuditError> {
        let file = parse(bytes, member)?;
        self.check_kind(file.kind(), member)?;
        let program = Program::read(&file, member)?;
        self.check_architecture(program.architecture, member)?;
        self.summary.objects += 1;
        if program.code.is_empty() {
            return Ok(());
        }
        self.any_code = true;
        self.image = program.is_linked();
        let attribution = Attribution::new(&program);
        let walk = Walk::run(&program, &attribution);
        self.summary.functions += attribution.count();
        self.summary.code_bytes += program.code.iter().map(|section| section.bytes.len() as u64).sum::<u64>();
        self.summary.followed_bytes += walk.covered_bytes();
        self.summary.instructions += walk.instructions;

        let fate = self.fate(&program, member, walk.found.is_empty());
        let view = View {
            program: &program,
            attribution: &attribution,
            machine: machine(program.architecture),
            kernel: self.options.kernel,
        };
        self.add_findings(&view, &walk, &file, member, &fate);
        for gap in walk.gaps(&attribution) {
            if !fate.replaced {
                self.add_gap(&view, &gap, member);
            }
        }
        Ok(())
    }

    fn check_kind(&self, kind: ObjectKind, member: Option<&str>) -> Result<(), AuditError> {
        match kind {
            ObjectKind::Relocatable if self.options.kind == InputKind::Image => {
                Err(AuditError::NotAnImage { found: "an object" })
            }
            ObjectKind::Relocatable | ObjectKind::Executable | ObjectKind::Dynamic => Ok(()),
            _ => Err(AuditError::Corrupt {
                member: member.map(str::to_owned),
                problem: "this ELF file is neither object nor image (a core dump?); expected a program"
                    .to_owned(),
            }),
        }
    }

    fn check_architecture(&mut self, found: Architecture, member: Option<&str>) -> Result<(), AuditError> {
        let expected = *self.architecture.get_or_insert(found);
        if expected != found {
            return Err(AuditError::MixedArchitectures {
                member: member.unwrap_or("the file").to_owned(),
                found: found.name(),
                expected: expected.name(),
            });
        }
        if self.pack_of != Some(found) {
            let defined = |row: &&replacements::Replacement| {
                self.options.pack.as_ref().is_none_or(|pack| pack.iter().any(|symbol| symbol == row.by))
            };
            self.pack = replacements::rows(found).filter(defined).map(|row| row.symbol.to_owned()).collect();
            self.pack.extend(self.options.pack.iter().flatten().cloned());
            self.pack_of = Some(found);
        }
        Ok(())
    }

    /// Whether the pack keeps an object out of the image.
    fn fate(&mut self, program: &Program<'_>, member: Option<&str>, nothing_found: bool) -> Fate {
        let kept = Fate { replaced: false, symbol: None };
        if program.is_linked() {
            return kept;
        }
        let (in_pack, others): (Vec<&String>, Vec<&String>) =
            program.defined.iter().partition(|symbol| self.pack.contains(*symbol));
        let Some(&symbol) = in_pack.first() else { return kept };
        let others: Vec<&String> = others.into_iter().filter(|symbol| self.is_needed(symbol)).collect();
        if others.is_empty() {
            return Fate { replaced: true, symbol: Some(symbol.clone()) };
        }
        if !nothing_found {
            self.notes.push(format!(
                "{}: the pack defines {symbol}, but not {}: whatever needs the latter brings the whole object into \
                 the image, so nothing of it counts as replaced; expected the pack to define all that others need",
                member.unwrap_or("this object"),
                shortened(&others)
            ));
        }
        kept
    }

    /// Whether anything but the object itself may need a symbol of it.
    fn is_needed(&self, symbol: &str) -> bool {
        self.needed.as_ref().is_none_or(|needed| needed.contains(symbol))
    }

    fn add_findings(
        &mut self,
        view: &View<'_, '_>,
        walk: &Walk<'_, '_>,
        file: &object::File<'_>,
        member: Option<&str>,
        fate: &Fate,
    ) {
        if walk.found.is_empty() {
            return;
        }
        let lines = Lines::read(file, view.program);
        for (&(index, offset), rule) in &walk.found {
            let Some(section) = view.program.code.get(index) else { continue };
            let source = lines.find(section.base.wrapping_add(offset as u64));
            let mut finding = view.finding(section, offset, rule, member, source);
            if fate.replaced {
                finding.class = Class::Replaced;
                finding.replaced_by = replaced_by(view.program.architecture, &finding.function, fate);
            }
            if finding.class.stops_partition() {
                let known =
                    intended::reason(view.program.architecture, view.kernel, &finding.function, rule.name);
                finding.allowed = self.allowed(&finding.function).or_else(|| known.map(str::to_owned));
            }
            self.findings.push(finding);
        }
    }

    fn add_gap(&mut self, view: &View<'_, '_>, gap: &Gap, member: Option<&str>) {
        let Some(mut stretch) = view.not_followed(gap, member) else { return };
        if !stretch.suspects.is_empty() {
            stretch.allowed = self.allowed(&stretch.function);
        }
        self.not_followed.push(stretch);
    }

    fn allowed(&self, function: &str) -> Option<String> {
        let allowance = self.options.allowed.iter().find(|allowance| allowance.function == function)?;
        Some(allowance.reason.clone())
    }

    fn finish(mut self, name: &str) -> Result<Report, AuditError> {
        let Some(architecture) = self.architecture.filter(|_| self.any_code) else {
            return Err(AuditError::NoCode);
        };
        self.note_unused_allowances();
        let mut summary = self.summary;
        summary.classes = Class::ALL.iter().map(|&class| (class, 0)).collect();
        for finding in &self.findings {
            *summary.classes.entry(finding.class).or_default() += 1;
        }
        summary.by_function = by_function(&self.findings);
        summary.not_followed = self.not_followed.len();
        summary.not_followed_suspect =
            self.not_followed.iter().filter(|gap| !gap.suspects.is_empty()).count();
        Ok(Report {
            input: name.to_owned(),
            architecture,
            image: self.image,
            summary,
            findings: self.findings,
            not_followed: self.not_followed,
            notes: self.notes,
        })
    }

    /// An allowance that allows nothing is a mistake, or outlived its reason.
    fn note_unused_allowances(&mut self) {
        for allowance in &self.options.allowed {
            let name = &allowance.function;
            let used =
                self.findings.iter().any(|finding| finding.function == *name && finding.allowed.is_some())
                    || self.not_followed.iter().any(|gap| gap.function == *name && gap.allowed.is_some());
            if !used {
                self.notes.push(format!(
                    "{name} is allowed, but holds nothing that needs it: remove the allowance, or correct the name"
                ));
            }
        }
    }
}

/// The first few names of many.
fn shortened(names: &[&String]) -> String {
    let shown: Vec<&str> = names.iter().take(3).map(|name| name.as_str()).collect();
    let more = names.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn replaced_by(architecture: Architecture, function: &str, fate: &Fate) -> Option<ReplacedBy> {
    let symbol = match replacements::find(architecture, function) {
        Some(row) => row.symbol.to_owned(),
        None => fate.symbol.clone()?,
    };
    let row = replacements::find(architecture, &symbol);
    Some(ReplacedBy {
        symbol: row.map_or(symbol, |row| row.by.to_owned()),
        instead: row.map_or("as the pack defines it", |row| row.instead),
        why: row.map_or("the pack defines every symbol of the object", |row| row.why),
    })
}

fn by_function(findings: &[Finding]) -> Vec<FunctionSummary> {
    let mut functions: BTreeMap<(&Option<String>, &str), BTreeMap<Class, usize>> = BTreeMap::new();
    for finding in findings {
        let classes = functions.entry((&finding.member, &finding.function)).or_default();
        *classes.entry(finding.class).or_default() += 1;
    }
    let mut summaries: Vec<FunctionSummary> = functions
        .into_iter()
        .map(|((member, function), classes)| FunctionSummary {
            member: member.clone(),
            function: function.to_owned(),
            classes,
        })
        .collect();
    // Stable: within one severity the order of the names stays.
    summaries.sort_by_key(|summary| summary.classes.keys().next().copied());
    summaries
}
