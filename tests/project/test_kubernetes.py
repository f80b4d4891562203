"""The manifests of deploy/kubernetes: valid by the schemas of Kubernetes, and at one with docker-compose.yml."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.compose import command_of, compose_file, read_env
from tests.project.test_compose import FILLED_IN
from tests.servers import PROJECT

FOLDER = PROJECT / "deploy" / "kubernetes"
PODS = ("migrate", "web", "worker", "beat")


def documents() -> list[tuple[str, dict]]:
    """Return every manifest with the name of its file."""
    return [
        (path.name, each) for path in sorted(FOLDER.glob("*.yaml")) for each in yaml.safe_load_all(path.read_text())
    ]


def manifest(kind: str, name: str) -> dict:
    (found,) = [each for _file, each in documents() if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def pod_of(part: str) -> dict:
    return manifest("Job" if part == "migrate" else "Deployment", f"amphi-{part}")["spec"]["template"]["spec"]


@pytest.mark.parametrize(("file", "document"), documents(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_manifest_is_valid(file, document):
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_control_a_member_that_kubernetes_does_not_know_is_refused():
    web = manifest("Deployment", "amphi-web")
    web["spec"]["replica"] = 3

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(web, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("part", PODS)
def test_programs_are_started_as_compose_starts_them(part):
    (container,) = pod_of(part)["containers"]

    assert container["command"] == command_of(compose_file(FILLED_IN)["services"][part])


@pytest.mark.parametrize("part", ["worker", "beat"])
def test_worker_and_beat_are_asked_as_compose_asks_them(part):
    (container,) = pod_of(part)["containers"]
    shell, option, command = container["livenessProbe"]["exec"]["command"]
    asked = compose_file(FILLED_IN)["services"][part]["healthcheck"]["test"][1]

    assert (shell, option) == ("sh", "-c")
    assert asked == f"deploy/healthy.sh {command}"


@pytest.mark.parametrize("part", PODS)
def test_pods_are_bounded_and_may_do_no_more_than_they_must(part):
    pod = pod_of(part)
    (container,) = pod["containers"]
    user = int((PROJECT / "Dockerfile").read_text().split("--uid ")[1].split()[0])

    assert pod["automountServiceAccountToken"] is False
    assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, user)
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert "/tmp" in [mount["mountPath"] for mount in container["volumeMounts"]]


def test_only_migrate_signs_in_as_the_owner_of_the_tables():
    secrets = {
        part: [
            source["secretRef"]["name"] for source in pod_of(part)["containers"][0]["envFrom"] if "secretRef" in source
        ]
        for part in PODS
    }

    assert secrets == {"migrate": ["amphi", "amphi-owner"], "web": ["amphi"], "worker": ["amphi"], "beat": ["amphi"]}
    assert manifest("Secret", "amphi-owner")["stringData"].keys() == {"DATABASE_URL"}


def test_images_are_named_with_the_release():
    with open(PROJECT / "pyproject.toml", "rb") as file:
        release = tomllib.load(file)["project"]["version"]

    assert {pod_of(part)["containers"][0]["image"] for part in PODS} == {f"amphi:{release}"}


def test_each_setting_of_the_example_has_its_place():
    of_compose_alone = {"POSTGRES_PASSWORD", "POSTGRES_OWNER_PASSWORD", "POSTGRES_SHOP_PASSWORD", "REDIS_PASSWORD"}
    of_compose_alone.add("WEB_PORT")
    asked = read_env((PROJECT / ".env.example").read_text()).keys() - of_compose_alone
    given = manifest("ConfigMap", "amphi")["data"].keys() | manifest("Secret", "amphi")["stringData"].keys()

    assert asked <= given
    assert not any("SECRET" in name or "PASSWORD" in name for name in manifest("ConfigMap", "amphi")["data"])
    assert manifest("Secret", "amphi")["stringData"]["SECRET_KEY"] == ""


def test_nobody_is_let_in_but_to_the_pages():
    everything, web = (manifest("NetworkPolicy", name)["spec"] for name in ("amphi", "amphi-web"))

    assert everything["policyTypes"] == ["Ingress"]
    assert "ingress" not in everything
    assert web["ingress"][0]["ports"] == [{"port": "http"}]


def test_the_way_in_the_manual_names_every_file():
    manual = shlex.split((FOLDER / "README.md").read_text().replace("'", "").replace("`", " "), comments=False)

    assert {path.name for path in FOLDER.glob("*.yaml")} <= {Path(word).name for word in manual}
