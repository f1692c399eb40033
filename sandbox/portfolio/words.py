"""Word lists for public-cloud partner work; every organisation and person here is evidently made up."""

from __future__ import annotations

PARTNERS: tuple[tuple[str, str], ...] = (
    ("NIM", "Nimbus Example Cloud"),
    ("ALT", "Altostratus Fictional Cloud"),
    ("CIR", "Cirrus Imaginary Compute"),
    ("MAM", "Mammatus Example Systems"),
    ("LEN", "Lenticular Pretend Networks"),
    ("VIR", "Virga Sample Hosting"),
    ("FOG", "Fogbank Fictional Stack"),
    ("HAZ", "Haze Example Platform"),
    ("STR", "Stratus Pretend Infrastructure"),
    ("CUM", "Cumulus Imaginary Datacentres"),
    ("PIL", "Pileus Sample Cloud"),
    ("ARC", "Arcus Fictional Compute"),
    ("ASP", "Asperitas Example Hosting"),
    ("MIS", "Mistral Pretend Platform"),
)

THIRD_PARTIES: tuple[tuple[str, str], ...] = (
    ("GRA", "Graupel Example Silicon"),
    ("RIM", "Rimefrost Pretend Certification Lab"),
    ("SLT", "Sleet Imaginary Storage"),
)

ENGAGEMENT_NAMES: tuple[str, ...] = (
    "Certified image programme",
    "Confidential VM enablement",
    "LTS refresh",
    "Marketplace launch",
    "FIPS and hardening",
    "GPU fleet enablement",
    "Managed Kubernetes images",
    "Arm instance enablement",
    "Support integration",
    "Minimal image pipeline",
    "Telemetry and fleet insight",
    "Bare-metal onboarding",
)

SCOPE_ITEMS: tuple[tuple[str, str, str], ...] = (
    ("Image publishing", "Publish daily and release images to every public region.", "Images listed in all regions."),
    (
        "Marketplace listing",
        "List the paid and the free image with usage metering.",
        "Test purchase metered and billed.",
    ),
    (
        "Kernel enablement",
        "Carry the partner's drivers in the cloud kernel.",
        "Boot and network suites pass on all shapes.",
    ),
    (
        "Confidential VMs",
        "Attested boot on confidential instance types.",
        "Attestation report verified by the partner.",
    ),
    ("FIPS image", "Image with validated cryptographic modules.", "Module certificates referenced in the listing."),
    ("LTS refresh", "Move the fleet's default to the newest LTS.", "Default alias switched, rollback rehearsed."),
    ("Boot telemetry", "Report boot time and agent health per image serial.", "Dashboard shows 30 days of data."),
    ("Support hand-over", "Escalation path with named contacts and severities.", "Two rehearsed severity-one calls."),
    (
        "Image certification",
        "Run the partner's certification suite on each release.",
        "Certificates issued for all shapes.",
    ),
    ("Agent packaging", "Package and maintain the guest agent.", "Agent current within ten days of its release."),
    (
        "Accelerator drivers",
        "Signed GPU drivers installable from the archive.",
        "Compute sample runs after one command.",
    ),
    ("Minimal image", "Image under 400 MB with unminimise path.", "Size budget enforced in the pipeline."),
    ("Secure boot", "Signed shim and kernel with enrolled keys.", "Measured boot log matches the reference."),
    ("Live patching", "Live patches for the partner's kernel flavour.", "Patch applied on a fleet of test guests."),
    (
        "Storage performance",
        "Tune defaults for the partner's block storage.",
        "Agreed throughput on the benchmark shape.",
    ),
    ("Network tuning", "Multi-queue and jumbo frames by default.", "Line rate on the two largest shapes."),
    ("Region expansion", "Images in the regions opened this year.", "Published within five days of opening."),
    ("Compliance evidence", "Quarterly hardening report for the images.", "Report accepted by the partner's auditors."),
)

VERBS: tuple[str, ...] = ("Add", "Automate", "Document", "Verify", "Prepare", "Rework", "Enable", "Validate", "Ship")
THINGS: tuple[str, ...] = (
    "daily image build",
    "region replication",
    "marketplace metadata",
    "usage metering hook",
    "guest agent package",
    "serial console defaults",
    "attestation test",
    "FIPS module configuration",
    "kernel flavour rebase",
    "NVMe timeout setting",
    "multi-queue network setup",
    "secure boot signing step",
    "certification suite run",
    "image size budget",
    "release alias switch",
    "rollback rehearsal",
    "boot time telemetry",
    "fleet health dashboard",
    "support runbook",
    "escalation contacts",
    "driver signing request",
    "live patch smoke test",
    "hardening profile",
    "snap preseeding",
    "cloud-init datasource",
)
WHERE: tuple[str, ...] = (
    "for the new regions",
    "on the Arm shapes",
    "on confidential shapes",
    "for the LTS images",
    "for minimal images",
    "in the staging project",
    "before the release candidate",
    "for the partner's test fleet",
    "with the partner's image team",
)
BUGS: tuple[str, ...] = (
    "Image fails to boot on the largest shape",
    "Agent restarts twice on first boot",
    "Listing shows the wrong support tier",
    "Metering counts stopped instances",
    "Attestation report lacks the firmware measurement",
    "Network comes up late on the Arm shape",
    "Console log is empty after kernel upgrade",
    "Disk is not grown on first boot",
    "Mirror of the newest region is stale",
    "Secure boot refuses the rebuilt shim",
)
SUB_TASKS: tuple[str, ...] = (
    "Write the test plan",
    "Review with the partner",
    "Update the pipeline job",
    "Record the evidence",
    "Prepare the release note",
    "Clean up the staging account",
)
DELIVERABLES: tuple[str, ...] = (
    "Signed firmware for confidential shapes",
    "Certification test account",
    "Driver source drop",
    "Marketplace contract annex",
    "Quota in the new regions",
    "Attestation service endpoint",
    "Module validation letter",
    "Benchmark reference hardware",
    "Support contact roster",
    "Storage tuning guide",
)
REQUESTS: tuple[str, ...] = (
    "One-off image for the partner's conference demo",
    "Backport of the scheduler fix to the old LTS",
    "Extra region ahead of the contract",
    "Custom kernel for one end customer",
    "Private build of the guest agent",
)
COMMENTS: tuple[str, ...] = (
    "Verified on the staging fleet.",
    "Waiting for quota on the partner's side.",
    "Pipeline is green again.",
    "Talked it through in the weekly call.",
    "Moved to the next image serial.",
    "The partner's tester confirmed the fix.",
)
FIRST_NAMES: tuple[str, ...] = (
    "Quill", "Zora", "Bram", "Ondine", "Lazlo", "Petra", "Ignatz", "Mirabel", "Thaddeus", "Ulla", "Fennimore", "Xanthe",
    "Wilmot", "Calla", "Jorun", "Desmond", "Elowen", "Kasimir", "Rosalba", "Núria", "Jürgen", "Åsa",
)  # fmt: skip
LAST_NAMES: tuple[str, ...] = (
    "Testperson", "Mockford", "Sampleton", "Fictive", "Placeholder", "Dummyworth", "Examplar", "Pretendo", "Madeup",
    "Standin", "Fixtura", "Seedling", "Stubbs-Example", "Notreal", "Imaginova", "Inventado", "Erfunden", "Påhittad",
)  # fmt: skip
CANARY = "CANARY"
"""Every restricted issue's title and description bear this word with a number, so that a leak is found by a search."""
