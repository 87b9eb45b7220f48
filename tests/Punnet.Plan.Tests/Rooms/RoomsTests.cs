using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>The doors between the rooms of src/, as the table of rooms in README.md has them.</summary>
public sealed class RoomsTests
{
    private static readonly Dictionary<string, string[]> MayKnow = new(StringComparer.Ordinal)
    {
        ["Punnet.Abi"] = [],
        ["Punnet.Spec"] = [],
        ["Punnet.Plan"] = ["Punnet.Spec", "Punnet.Abi"],
        ["Punnet.Kernel"] = ["Punnet.Abi", "Tmds.LibC"],
        ["Punnet.Init"] = ["Punnet.Plan", "Punnet.Kernel", "Punnet.Abi"],
        ["Punnet.Host"] = ["Punnet.Abi", "Punnet.Spec", "Punnet.Plan", "Punnet.Kernel", "Punnet.Init"],
        ["Punnet.Startup"] = ["Punnet.Abi"],
        ["Punnet"] = ["Punnet.Abi", "Punnet.Spec", "Punnet.Plan", "Punnet.Kernel", "Punnet.Init", "Punnet.Host", "Punnet.Startup"],
    };

    // The floors of the two rooms of the host side, the lowest first: a folder knows those above it in this list, and no other.
    private static readonly string[] s_hostLayers =
    [
        "Punnet.Host.Text", "Punnet.Host", "Punnet.Host.Cgroups", "Punnet.Host.Resctrl", "Punnet.Host.State", "Punnet.Host.Systemd",
        "Punnet.Host.Layers", "Punnet.Host.Errors", "Punnet.Host.Namespaces", "Punnet.Host.Checkpoint", "Punnet.Host.Check",
        "Punnet.Host.Doctor", "Punnet.Host.Tracing",
    ];

    private static readonly string[] s_programLayers =
    [
        "Punnet.Seccomp", "Punnet.Console", "Punnet.Lifecycle", "Punnet.Checkpoint", "Punnet.Cli", "Punnet.Commands", "Punnet",
    ];

    // What would make a plan depend on more than config.json and the facts that it is given.
    private static readonly string[] ImpureNamespaces =
    [
        "System.IO", "System.Net", "System.Diagnostics", "System.Threading", "System.Security.Cryptography",
        "System.Runtime.InteropServices", "Microsoft.Win32",
    ];

    private static readonly string[] ImpureTypes =
    [
        "System.Environment", "System.Console", "System.DateTime", "System.DateTimeOffset", "System.TimeProvider",
        "System.TimeZoneInfo", "System.Guid", "System.Random", "System.AppContext", "System.AppDomain", "System.GC",
    ];

    // Legitimate there, and pure: attributes of the compiler, and views of memory that is already ours.
    private static readonly string[] PureTypes =
    [
        "System.Diagnostics.DebuggableAttribute", "System.Diagnostics.DebuggerBrowsableAttribute",
        "System.Diagnostics.DebuggerBrowsableState", "System.Diagnostics.DebuggerHiddenAttribute",
        "System.Diagnostics.DebuggerDisplayAttribute", "System.Diagnostics.UnreachableException",
        "System.Diagnostics.CodeAnalysis", "System.Runtime.InteropServices.MemoryMarshal",
        "System.Runtime.InteropServices.CollectionsMarshal", "System.Runtime.InteropServices.InAttribute",
        "System.Runtime.InteropServices.ImmutableCollectionsMarshal", "System.Runtime.InteropServices.StructLayoutAttribute",
    ];

    public static TheoryData<string> Rooms { get; } = [.. MayKnow.Keys];

    public static TheoryData<string> Libraries { get; } = [.. MayKnow.Keys.Where(room => room != "Punnet")];

    [Fact]
    public void Every_folder_of_src_is_a_room_that_the_table_knows()
    {
        IEnumerable<string> folders = Directory.EnumerateDirectories(Path.Combine(Checkout.Root, "src"))
            .Select(path => Path.GetFileName(path)!);

        Assert.Equal(MayKnow.Keys.Order(StringComparer.Ordinal), folders.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Punnet.Host")]
    [InlineData("Punnet")]
    public void A_folder_of_the_host_side_knows_only_those_below_it(string room)
    {
        string[] breaches = [.. FloorRules.Breaches(
            room == "Punnet" ? s_programLayers : s_hostLayers,
            Checkout.Files($"src/{room}", "*.cs").Select(static file => (file, Checkout.Code(file))))];
        Assert.True(breaches.Length == 0, string.Join('\n', breaches));
    }

    [Theory]
    [InlineData("internal static class Low { static void A() => High.B(); }", "low.cs knows High of R.High")]
    [InlineData("internal sealed class Low(High above);", "low.cs knows High of R.High")]
    [InlineData("internal static class Low { static void A() => x.High(); }", null)]
    public void The_rule_of_the_floors_sees_what_it_forbids(string low, string? breach) =>
        Assert.Equal(
            breach is null ? [] : [breach],
            FloorRules.Breaches(["R.Low", "R.High"],
                [("low.cs", "namespace R.Low;\n" + low), ("high.cs", "namespace R.High;\ninternal static class High { Low a; }")]));

    [Theory]
    [InlineData("Punnet.Host")]
    [InlineData("Punnet")]
    public void A_namespace_of_the_host_side_is_the_folder(string room)
    {
        string[] strangers = [.. Checkout.Files($"src/{room}", "*.cs").Where(static file =>
        {
            string[] parts = file.Split('/')[1..^1];
            string expected = string.Join('.', parts.Take(2));
            return !Checkout.Code(file).Contains($"\nnamespace {expected};", StringComparison.Ordinal) && !Checkout.Code(file)
                .StartsWith($"namespace {expected};", StringComparison.Ordinal);
        })];

        Assert.Empty(strangers);
    }

    [Fact]
    public void No_folder_has_more_files_than_a_reader_can_look_over()
    {
        string[] crowded = [.. Checkout.Files("src", "*.cs").Concat(Checkout.Files("tests", "*.cs"))
            .GroupBy(static file => Path.GetDirectoryName(file), StringComparer.Ordinal)
            .Where(static folder => folder.Count() > 20)
            .Select(static folder => $"{folder.Key}: {folder.Count()}")];

        Assert.Empty(crowded);
    }

    [Fact]
    public void No_file_and_no_line_is_longer_than_the_style_allows()
    {
        string[] files = [.. Checkout.Files("src", "*.cs").Concat(Checkout.Files("tests", "*.cs"))
            .Where(static file => File.ReadLines(Path.Combine(Checkout.Root, file)).Count() > 400)];
        // The table of names is generated. Tests have raw strings with JSON.
        string[] lines = [.. Checkout.Files("src", "*.cs").Where(static file => !file.EndsWith(".Data.cs", StringComparison.Ordinal))
            .SelectMany(static file => File.ReadLines(Path.Combine(Checkout.Root, file)).Where(static line => line.Length > 140)
                .Select(line => $"{file}: {line.Trim()}"))];

        Assert.Empty(files.Concat(lines));
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_project_file_opens_no_door_that_the_table_does_not_have(string room)
    {
        string project = $"src/{room}/{room}.csproj";
        IEnumerable<string> projects = Checkout.Includes(project, "ProjectReference")
            .Select(path => Path.GetFileNameWithoutExtension(path)!);
        IEnumerable<string> packages = Checkout.Includes(project, "PackageReference");

        Assert.Empty(projects.Concat(packages).Except(MayKnow[room], StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_compiled_room_refers_to_the_rooms_it_may_know_and_to_the_platform(string room)
    {
        using PEReader file = Open(room);
        MetadataReader reader = file.GetMetadataReader();
        IEnumerable<string> references = reader.AssemblyReferences
            .Select(handle => reader.GetString(reader.GetAssemblyReference(handle).Name))
            .Where(name => !name.StartsWith("System.", StringComparison.Ordinal));

        Assert.Empty(references.Except(MayKnow[room], StringComparer.Ordinal));
    }

    [Fact]
    public void Only_the_rooms_of_the_kernel_and_of_the_start_may_use_pointers()
    {
        IEnumerable<string> projects = Checkout.Files("src", "*.csproj").Append("src/Directory.Build.props");

        Assert.Equal(
            ["src/Punnet.Kernel/Punnet.Kernel.csproj", "src/Punnet.Startup/Punnet.Startup.csproj"],
            projects.Where(project => Checkout.Has(project, "AllowUnsafeBlocks")).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Punnet.Abi")]
    [InlineData("Punnet.Spec")]
    [InlineData("Punnet.Plan")]
    [InlineData("Punnet.Init")]
    public void No_room_but_the_kernel_declares_native_functions(string room)
    {
        using PEReader file = Open(room);
        MetadataReader reader = file.GetMetadataReader();
        IEnumerable<string> native = reader.MethodDefinitions
            .Select(reader.GetMethodDefinition)
            .Where(method => method.Attributes.HasFlag(MethodAttributes.PinvokeImpl))
            .Select(method => reader.GetString(method.Name));

        Assert.Empty(native);
    }

    [Fact]
    public void The_plan_knows_no_file_no_environment_no_clock_and_no_chance()
    {
        using PEReader file = Open("Punnet.Plan");
        MetadataReader reader = file.GetMetadataReader();
        IEnumerable<string> types = reader.TypeReferences
            .Select(reader.GetTypeReference)
            .Select(type => $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}");

        string[] impure = [.. types.Where(IsImpure)];
        Assert.Empty(impure);
    }

    [Fact]
    public void Init_allocates_nothing_throws_nothing_and_has_no_string()
    {
        string[] breaches = [.. InitRules.Breaches(Assembly.Load("Punnet.Init")).Distinct(StringComparer.Ordinal)];

        Assert.True(breaches.Length == 0, string.Join('\n', breaches));
    }

    [Theory]
    [InlineData(typeof(Breaking.MakesAnObject), "makes a Object")]
    [InlineData(typeof(Breaking.MakesAnArray), "makes an array")]
    [InlineData(typeof(Breaking.MakesADelegate), "makes a Func`1")]
    [InlineData(typeof(Breaking.Boxes), "boxes a value")]
    [InlineData(typeof(Breaking.Throws), "throws")]
    [InlineData(typeof(Breaking.Catches), "catches an exception")]
    [InlineData(typeof(Breaking.Interpolates), "formats a string")]
    [InlineData(typeof(Breaking.KeepsAString), "has a string")]
    [InlineData(typeof(Breaking.Enumerates), "enumerates an interface")]
    [InlineData(typeof(Breaking.Queries), "uses LINQ")]
    [InlineData(typeof(Breaking.CopiesARecord), "copies a Pair")]
    public void The_rules_of_init_see_what_they_forbid(Type type, string breach) =>
        Assert.Contains(InitRules.Breaches(type), sentence => sentence.EndsWith(breach, StringComparison.Ordinal));

    [Fact]
    public void The_rules_of_init_allow_a_loop_over_a_span_of_structs() =>
        Assert.Empty(InitRules.Breaches(typeof(Breaking.Nothing)));

    [Fact]
    public void The_rules_of_init_allow_a_record_that_the_host_made() =>
        Assert.Empty(InitRules.Breaches(typeof(Breaking.Pair)));

    [Fact]
    public void Project_references_make_no_loop()
    {
        Dictionary<string, string[]> known = Checkout.Projects.ToDictionary(
            project => Path.GetFullPath(project, Checkout.Root),
            project => Checkout.Includes(project, "ProjectReference")
                .Select(path => Path.GetFullPath(path, Path.GetDirectoryName(Path.GetFullPath(project, Checkout.Root))!))
                .ToArray(),
            StringComparer.Ordinal);

        // Again and again take away what refers to nothing that is left; a loop is what cannot be taken away.
        while (known.Keys.FirstOrDefault(project => !known[project].Any(known.ContainsKey)) is string free)
        {
            known.Remove(free);
        }

        Assert.Empty(known.Keys);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Path.Combine(Checkout.Root, "Runtime.sln")).Replace('\\', '/');

        string[] missing = [.. Checkout.Projects.Where(project => !solution.Contains($"\"{project}\"", StringComparison.Ordinal))];
        Assert.Empty(missing);
    }

    [Fact]
    public void Nothing_is_named_after_nothing()
    {
        string[] empty = ["Util", "Helper", "Manager", "Common"];
        IEnumerable<string> files = Checkout.Files("src", "*.cs").Concat(Checkout.Files("tests", "*.cs"));

        string[] named = [.. files.Where(file => empty.Any(word => file.Contains(word, StringComparison.OrdinalIgnoreCase)))];
        Assert.Empty(named);
    }

    private static bool IsImpure(string type) =>
        !PureTypes.Any(pure => type == pure || type.StartsWith(pure + ".", StringComparison.Ordinal))
            && (ImpureTypes.Contains(type, StringComparer.Ordinal)
                || ImpureNamespaces.Any(space => type.StartsWith(space + ".", StringComparison.Ordinal)));

    private static PEReader Open(string room) => new(File.OpenRead(Path.Combine(AppContext.BaseDirectory, room + ".dll")));
}
