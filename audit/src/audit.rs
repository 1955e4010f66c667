//! From bytes to a report.

use crate::attribution::Attribution;
use crate::error::{AuditError, HexBytes};
use crate::flow::{Gap, Walk};
use crate::instructions::{Architecture, Class, Instruction};
use crate::lines::Lines;
use crate::machine::{Machine, machine};
use crate::options::{InputKind, Options};
use crate::program::{CodeSection, Program};
use crate::replacements;
use crate::report::{
    Finding, FunctionSummary, NotFollowed, ReplacedBy, Report, SourceLocation, Summary, Suspect,
};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectKind, ObjectSymbol};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Read;
use std::path::Path;

/// Suspects that a report lists of one stretch; more would tell nobody more.
const SUSPECTS_MAX: usize = 8;

const ELF_MAGIC: &[u8] = b"\x7fELF";
const ARCHIVE_MAGIC: &[u8] = b"!<arch>\n";
const THIN_ARCHIVE_MAGIC: &[u8] = b"!<thin>\n";

/// Audits a file.
///
/// # Errors
///
/// See [`AuditError`].
pub fn audit_file(path: &Path, options: &Options) -> Result<Report, AuditError> {
    let bytes = read(path, options.size_limit)?;
    audit(&path.display().to_string(), &bytes, options)
}

/// Reads a file that is not larger than a limit. Its size is asked first, so that a huge one costs nothing.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, AuditError> {
    let failed = |source| AuditError::Read { path: path.display().to_string(), source };
    let file = std::fs::File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    if size > limit {
        return Err(AuditError::TooLarge { size, limit });
    }
    let mut bytes = Vec::new();
    // A pipe has no size: read one byte more than allowed, to see that there is one.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(AuditError::TooLarge { size: bytes.len() as u64, limit });
    }
    Ok(bytes)
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

/// The global symbols that a library or object defines.
///
/// # Errors
///
/// See [`AuditError`].
pub(crate) fn defined_symbols(bytes: &[u8]) -> Result<Vec<String>, AuditError> {
    let mut symbols = BTreeSet::new();
    for_each_object(bytes, |_, bytes| {
        let file = parse(bytes, None)?;
        let defined = file.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition());
        symbols.extend(defined.filter_map(|symbol| symbol.name().ok().map(str::to_owned)));
        Ok(())
    })?;
    Ok(symbols.into_iter().collect())
}

/// The symbols that the objects of an archive need from elsewhere.
fn needed_symbols(bytes: &[u8]) -> Result<HashSet<String>, AuditError> {
    let mut symbols = HashSet::new();
    for_each_object(bytes, |name, bytes| {
        let file = parse(bytes, name.as_deref())?;
        let needed = file.symbols().filter(ObjectSymbol::is_undefined);
        symbols.extend(needed.filter_map(|symbol| symbol.name().ok().map(str::to_owned)));
        Ok(())
    })?;
    Ok(symbols)
}

/// Calls `visit` with each ELF object of an archive, or with the one that the bytes are. Returns how many other members
/// there are.
fn for_each_object<'data>(
    bytes: &'data [u8],
    mut visit: impl FnMut(Option<String>, &'data [u8]) -> Result<(), AuditError>,
) -> Result<usize, AuditError> {
    if !bytes.starts_with(ARCHIVE_MAGIC) {
        visit(None, bytes)?;
        return Ok(0);
    }
    let broken = |member: Option<String>, error: object::Error| AuditError::Corrupt {
        member,
        problem: format!("broken archive: {error}; the file is truncated or a member's header is wrong"),
    };
    let archive = ArchiveFile::parse(bytes).map_err(|error| broken(None, error))?;
    let mut passed_over = 0;
    let mut last = None;
    for member in archive.members() {
        let member =
            member.map_err(|error| broken(last.clone().map(|name| format!("after {name}")), error))?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        let data = member.data(bytes).map_err(|error| broken(Some(name.clone()), error))?;
        last = Some(name.clone());
        if data.starts_with(ELF_MAGIC) {
            visit(Some(name), data)?;
        } else {
            passed_over += 1;
        }
    }
    Ok(passed_over)
}

fn parse<'data>(bytes: &'data [u8], member: Option<&str>) -> Result<object::File<'data>, AuditError> {
    object::File::parse(bytes).map_err(|error| AuditError::Corrupt {
        member: member.map(str::to_owned),
        problem: format!("broken ELF file: {error}; it is truncated or was changed after it was written"),
    })
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
    /// The symbols that objects of the archive need from others; `None` for a single object, of whose kit nothing is known.
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
        let pack = options.pack.iter().flatten().cloned().collect();
        Self {
            options,
            pack,
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
        let view =
            View { program: &program, attribution: &attribution, machine: machine(program.architecture) };
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
        if self.options.pack.is_none() && self.pack_of != Some(found) {
            self.pack = replacements::rows(found).map(|row| row.symbol.to_owned()).collect();
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
                finding.allowed = self.allowed(&finding.function);
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
        symbol,
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

/// One program with what is needed to describe places in it.
struct View<'program, 'data> {
    program: &'program Program<'data>,
    attribution: &'program Attribution<'program>,
    machine: &'static dyn Machine,
}

impl View<'_, '_> {
    fn finding(
        &self,
        section: &CodeSection<'_>,
        offset: usize,
        rule: &'static Instruction,
        member: Option<&str>,
        source: Option<SourceLocation>,
    ) -> Finding {
        let address = section.base.wrapping_add(offset as u64);
        let place = self.attribution.place(address, section.base, &section.name);
        let length = self.machine.step(section, offset).map_or(0, |step| step.length);
        let bytes = section.bytes.get(offset..offset.saturating_add(length)).unwrap_or_default();
        Finding {
            member: member.map(str::to_owned),
            section: section.name.clone(),
            function: place.function,
            offset: place.offset,
            address: address.wrapping_sub(section.shown_from),
            source,
            instruction: self.machine.text(section, offset),
            bytes: HexBytes(bytes).to_string(),
            rule: rule.name,
            class: rule.class,
            reason: rule.reason,
            replaced_by: None,
            allowed: None,
        }
    }

    fn not_followed(&self, gap: &Gap, member: Option<&str>) -> Option<NotFollowed> {
        let section = self.program.code.get(gap.section)?;
        let address = section.base.wrapping_add(gap.start as u64);
        let place = self.attribution.place(address, section.base, &section.name);
        let reason = match gap.computed_jump {
            Some(jump) => {
                let from = self.attribution.place(jump, section.base, &section.name);
                format!("{}+{:#x} jumps to a computed address, perhaps to here", from.function, from.offset)
            }
            None => "no symbol and no branch leads here".to_owned(),
        };
        let (suspects, more_suspects) = self.suspects(section, gap);
        Some(NotFollowed {
            member: member.map(str::to_owned),
            section: section.name.clone(),
            function: place.function,
            offset: place.offset,
            address: address.wrapping_sub(section.shown_from),
            length: (gap.end - gap.start) as u64,
            reason,
            suspects,
            more_suspects,
            allowed: None,
        })
    }

    /// Reads a stretch as if it were code from its first byte to its last.
    fn suspects(&self, section: &CodeSection<'_>, gap: &Gap) -> (Vec<Suspect>, u64) {
        let mut suspects = Vec::new();
        let mut more = 0;
        let mut offset = gap.start;
        while offset < gap.end {
            let Some(step) = self.machine.step(section, offset) else {
                offset += self.machine.alignment();
                continue;
            };
            if let Some(rule) = step.rule.filter(|rule| rule.class.stops_partition()) {
                if suspects.len() < SUSPECTS_MAX {
                    let instruction = self.machine.text(section, offset);
                    suspects.push(Suspect {
                        offset: (offset - gap.start) as u64,
                        instruction,
                        class: rule.class,
                    });
                } else {
                    more += 1;
                }
            }
            offset += step.length.max(1);
        }
        (suspects, more)
    }
}
