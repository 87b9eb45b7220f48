using System;
using System.Collections.Generic;
using Punnet.Plan;

namespace Punnet.Host.Systemd;

/// <summary>The few methods of org.freedesktop.systemd1(5) that a container's unit needs.</summary>
public sealed class SystemdClient : IDisposable
{
    /// <summary>The error for a unit that systemd does not have, or no longer has.</summary>
    public const string NoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";

    private const string Name = "org.freedesktop.systemd1";
    private const string Path = "/org/freedesktop/systemd1";
    private const string Interface = Name + ".Manager";
    private const string Properties = "org.freedesktop.DBus.Properties";
    private const string Bus = "org.freedesktop.DBus";

    private readonly BusConnection _connection;
    private bool _hearsJobs;

    private SystemdClient(BusConnection connection) => _connection = connection;

    /// <summary>Where it was found.</summary>
    public string Address => _connection.Address.ToString();

    /// <summary>Connects.</summary>
    /// <param name="remembered">Its address when the container was made, or null.</param>
    /// <exception cref="PunnetException">It is not there, or does not answer.</exception>
    public static SystemdClient Connect(string? remembered) => new(SystemdAddresses.Connect(remembered));

    /// <summary>The manager's cgroup, which holds its units: empty for the system's.</summary>
    /// <exception cref="PunnetException">It does not say.</exception>
    public string ControlGroup() => Property("ControlGroup");

    /// <summary>Its major version.</summary>
    /// <exception cref="PunnetException">It does not say.</exception>
    public int Version()
    {
        string text = Property("Version"); // "252.38-1~deb12u1"
        int end = 0;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return int.TryParse(text.AsSpan(0, end), out int version) ? version : 0;
    }

    /// <summary>
    /// Whether its scopes have a property: an unknown one makes it refuse the whole unit. Distributions backport some.
    /// </summary>
    /// <exception cref="PunnetException">It does not answer.</exception>
    public bool HasScopeProperty(string name) => Get(Path + "/unit/init_2escope", Name + ".Scope", name).Type != BusMessageType.Error;

    /// <summary>Makes and starts a transient unit, and waits until it has started.</summary>
    /// <returns>An error, or null.</returns>
    /// <exception cref="PunnetException">systemd does not answer, or the unit does not start.</exception>
    public BusMessage? StartUnit(string unit, IReadOnlyList<UnitProperty> properties)
    {
        HearJobs();
        BusWriter arguments = new();
        arguments.Text(unit);
        arguments.Text("replace");
        Write(arguments, properties);
        (int, int) auxiliary = arguments.StartArray("(sa(sv))");
        arguments.EndArray(auxiliary);
        BusMessage answer = _connection.Call(Method("StartTransientUnit", "ssa(sv)a(sa(sv))"), arguments);
        if (answer.Type == BusMessageType.Error)
        {
            return answer;
        }

        string result = WaitForJob(answer, unit);
        return result is "done"
            ? null
            : throw new PunnetException("the systemd unit " + unit + " did not start: its job ended with \"" + result + "\"");
    }

    /// <summary>Stops a unit and waits for its end.</summary>
    /// <returns>An error, or null.</returns>
    /// <exception cref="PunnetException">systemd does not answer.</exception>
    public BusMessage? StopUnit(string unit)
    {
        HearJobs();
        BusWriter arguments = new();
        arguments.Text(unit);
        arguments.Text("replace");
        BusMessage answer = _connection.Call(Method("StopUnit", "ss"), arguments);
        if (answer.Type == BusMessageType.Error)
        {
            return answer;
        }

        WaitForJob(answer, unit);
        return null;
    }

    /// <summary>Resets a failed unit, so systemd unloads it.</summary>
    /// <exception cref="PunnetException">systemd does not answer.</exception>
    public void ResetFailed(string unit)
    {
        BusWriter arguments = new();
        arguments.Text(unit);
        _connection.Call(Method("ResetFailedUnit", "s"), arguments);
    }

    /// <summary>Moves a process into the cgroup of a delegated unit, or into one below.</summary>
    /// <param name="unit">The unit.</param>
    /// <param name="below">Path below the unit's cgroup, empty for that itself.</param>
    /// <param name="pid">The process, of the caller's user.</param>
    /// <returns>An error, or null.</returns>
    /// <exception cref="PunnetException">systemd does not answer.</exception>
    public BusMessage? Attach(string unit, string below, int pid)
    {
        BusWriter arguments = new();
        arguments.Text(unit);
        arguments.Text(below);
        (int, int) pids = arguments.StartArray("u");
        arguments.UInt32((uint)pid);
        arguments.EndArray(pids);
        BusMessage answer = _connection.Call(Method("AttachProcessesToUnit", "ssau"), arguments);
        return answer.Type == BusMessageType.Error ? answer : null;
    }

    /// <summary>Changes properties of a unit until it ends.</summary>
    /// <returns>An error, or null.</returns>
    /// <exception cref="PunnetException">systemd does not answer.</exception>
    public BusMessage? SetProperties(string unit, IReadOnlyList<UnitProperty> properties)
    {
        BusWriter arguments = new();
        arguments.Text(unit);
        arguments.UInt32(1); // runtime: nothing of it survives the next boot.
        Write(arguments, properties);
        BusMessage answer = _connection.Call(Method("SetUnitProperties", "sba(sv)"), arguments);
        return answer.Type == BusMessageType.Error ? answer : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private static void Write(BusWriter arguments, IReadOnlyList<UnitProperty> properties)
    {
        (int, int) array = arguments.StartArray("(sv)");
        foreach (UnitProperty property in properties)
        {
            arguments.Align(8);
            arguments.Text(property.Name);
            arguments.Variant(property.Value);
        }

        arguments.EndArray(array);
    }

    // On its own socket systemd tells every peer; a bus tells only those that asked. The answers do not matter: if
    // one is an error, no signal comes, and WaitForJob asks.
    private void HearJobs()
    {
        if (_hearsJobs || !_connection.Address.HasBroker)
        {
            return;
        }

        _hearsJobs = true;
        BusWriter rule = new();
        rule.Text("type='signal',sender='" + Name + "',path='" + Path + "',interface='" + Interface + "',member='JobRemoved'");
        _connection.Send(new BusCall(Bus, "/org/freedesktop/DBus", Bus, "AddMatch", "s"), rule);
        _connection.Send(Method("Subscribe", ""));
    }

    // The result of a job: done, canceled, timeout, failed, dependency, skipped, …. "done" where it is over without a result.
    private string WaitForJob(BusMessage answer, string unit)
    {
        const long Limit = 30_000, Silence = 3_000; // milliseconds
        string job = answer.FirstText();
        Deadline deadline = Deadline.In(Limit);
        int next = 0;
        while (true)
        {
            for (; next < _connection.Signals.Count; next++)
            {
                // Any peer of a bus may send a signal: only those from the one that answered count.
                BusMessage signal = _connection.Signals[next];
                if (signal.Member == "JobRemoved" && signal.Sender == answer.Sender && IsJob(signal, job, out string result))
                {
                    return result;
                }
            }

            if (!_connection.WaitForSignal(deadline.OrIn(Silence)))
            {
                if (deadline.Left() == 0)
                {
                    throw new PunnetException("systemd has not come to an end with the unit " + unit + " within 30 seconds");
                }

                if (Get(job, Name + ".Job", "State").Type == BusMessageType.Error)
                {
                    return "done"; // The job is gone.
                }
            }
        }
    }

    // JobRemoved(u id, o job, s unit, s result).
    private static bool IsJob(BusMessage signal, string job, out string result)
    {
        BusReader reader = new(signal.Body.Span);
        result = "";
        if (signal.Signature != "uoss")
        {
            return false;
        }

        reader.UInt32();
        string path = reader.Text();
        reader.Text();
        result = reader.Text();
        return path == job && !reader.IsBroken;
    }

    private string Property(string name)
    {
        BusMessage answer = Get(Path, Interface, name);
        if (answer.Type == BusMessageType.Error)
        {
            throw new PunnetException("--systemd-cgroup: " + Address + " does not say its " + name + ": " + Words(answer), Hint(answer));
        }

        BusReader reader = new(answer.Body.Span);
        return answer.Signature == "v" && reader.Signature() == "s" ? reader.Text() : "";
    }

    private BusMessage Get(string path, string ofInterface, string name)
    {
        BusWriter arguments = new();
        arguments.Text(ofInterface);
        arguments.Text(name);
        return _connection.Call(new BusCall(Destination, path, Properties, "Get", "ss"), arguments);
    }

    /// <summary>What an error says.</summary>
    public static string Words(BusMessage error)
    {
        string text = error.FirstText().TrimEnd('.');
        return text.Length == 0 ? error.ErrorName : text;
    }

    /// <summary>The hint for an error whose words mislead, or null.</summary>
    public static string? Hint(BusMessage error) => error.ErrorName switch
    {
        "org.freedesktop.DBus.Error.ServiceUnknown" or "org.freedesktop.DBus.Error.NameHasNoOwner"
            or "org.freedesktop.DBus.Error.Spawn.ChildExited"
            => "is systemd running here? without it, leave --systemd-cgroup out",
        "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" =>
            "this user may not make units of the system's systemd: is XDG_RUNTIME_DIR set?",
        _ => null,
    };

    private string? Destination => _connection.Address.HasBroker ? Name : null;

    private BusCall Method(string member, string signature) => new(Destination, Path, Interface, member, signature);
}
